/**
 * What a start that was killed left running. Its record says so, since it could not take it back: the
 * services are stopped, for they were started with other options and maybe other code, and the stores
 * become those of the next start, which stops them at its end.
 */
import type { Config } from '../../streams/config.ts'
import { COMPONENTS } from '../stack/components.ts'
import { stopProcess } from '../stack/managed-process.ts'
import { isRunning, readRecord, readRecords, type Place } from '../stack/process-records.ts'
import { START } from './metrics-ports.ts'

/** Whether this start stops the stores at its end: none runs yet, or a killed start left them. */
export function ownsStores(place: Place): boolean {
  const isUp = COMPONENTS.some(({ name }) => isRunning(readRecord(place, name)))
  return !isUp || readRecord(place, START)?.ownsStores === true
}

/** Stops the services of a start that was killed. To be called by the start that is on record. */
export async function stopLeftServices(
  config: Pick<Config, 'dataDir'>,
  say: (line: string) => void,
): Promise<void> {
  const left = readRecords(config).filter(
    (record) => record.stage === 'service' && record.name !== START && isRunning(record),
  )
  if (left.length === 0) return
  say(`Stopping what an earlier start left: ${left.map(({ name }) => name).join(', ')}`)
  await Promise.all(left.map((record) => stopProcess(config, record)))
}
