/** Input files are looked at before anything is opened or started for them. */
import { accessSync, constants } from 'node:fs'
import { CandlewireError } from '../streams/errors.ts'

/** @throws CandlewireError FILE_UNREADABLE */
export function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (thrown) {
    throw new CandlewireError('FILE_UNREADABLE', `${path} cannot be read`, { cause: thrown })
  }
}
