/** An algorithm that cannot be fitted is left out with the reason; the others go on. */
import { CandlewireError, type ErrorCode } from '../../streams/errors.ts'
import type { Algorithm } from './candidate.ts'

export interface LeftOut {
  readonly algorithm: Algorithm
  /** A sentence. */
  readonly reason: string
  /** Thrown for the whole run if nothing is left. */
  readonly code: ErrorCode
}

/** What may be wrong with one algorithm and not with the run. */
const OF_ONE_ALGORITHM: readonly ErrorCode[] = [
  'TRAINING_DATA_INSUFFICIENT',
  'NATIVE_LIBRARY_FAILED',
  'EXPORT_NOT_EXACT',
]

export const isOfOneAlgorithm = (thrown: unknown): thrown is CandlewireError =>
  thrown instanceof CandlewireError && OF_ONE_ALGORITHM.includes(thrown.code)

/** @throws what was thrown, if it is not about one algorithm */
export function leaveOut(algorithm: Algorithm, thrown: unknown): LeftOut {
  if (!isOfOneAlgorithm(thrown)) throw thrown
  return { algorithm, code: thrown.code, reason: `${algorithm} was left out: ${thrown.message}.` }
}

/** @throws CandlewireError the code of the first, with all reasons */
export function refuseNothingLeft(leftOut: readonly LeftOut[]): never {
  const code = leftOut[0]?.code ?? 'TRAINING_DATA_INSUFFICIENT'
  const reasons = leftOut.map(({ reason }) => reason).join(' ')
  throw new CandlewireError(code, `No algorithm could be fitted. ${reasons}`)
}
