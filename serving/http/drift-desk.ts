/** What the drift routes ask and where their alerts go. */
import type { Alert } from '../../schemas/generated.ts'
import type { DriftArchive } from '../drift-archive.ts'

export interface DriftDesk {
  readonly archive: DriftArchive
  /** Asked about where a request names no instrument. */
  readonly defaultInstrument: string
  /** @returns whether the broker has it */
  readonly publishAlert: (alert: Alert) => Promise<boolean>
}
