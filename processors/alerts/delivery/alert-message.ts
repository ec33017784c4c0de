/** An alert as channels take it: with a key that is the same at every attempt, its runbook and its report. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Alert } from '../../../schemas/generated.ts'
import type { Config } from '../../../streams/config.ts'
import type { AlertMessage } from '../channels/channel.ts'

/** @param place what makes the key differ from that of another alert or channel. */
export function messageFor(
  { alertRunbookUrl, dataDir }: Pick<Config, 'alertRunbookUrl' | 'dataDir'>,
  alert: Alert,
  place: string,
): AlertMessage {
  const { fingerprint, state, runbook, reportFile } = alert
  const digest = createHash('sha256').update(JSON.stringify([fingerprint, state, place]))
  // A name and nothing else: an alert must not have any file of this machine mailed.
  const isName = reportFile !== null && /^[\w.-]+\.html$/.test(reportFile)
  return {
    alert,
    idempotenceKey: digest.digest('hex').slice(0, 32),
    runbook: alertRunbookUrl === '' ? runbook : `${alertRunbookUrl.replace(/\/$/, '')}/${runbook}`,
    reportPath: isName ? join(dataDir, 'reports', reportFile) : undefined,
  }
}
