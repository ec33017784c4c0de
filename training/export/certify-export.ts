/**
 * Proof that an exported model answers like the model it was made from, on all real rows and on rows
 * made to break it. Without the proof nothing is published.
 */
import type { ExportCertificate } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'

/** Answers of both models to the same rows. */
export interface Answers {
  readonly native: Float64Array
  readonly exported: Float64Array
}

export interface Evidence {
  readonly real: Answers
  readonly adversarial: Answers
  /** Rows for which some tree ended in another leaf. */
  readonly branchFlips: number
}

/**
 * @param tolerance largest absolute difference allowed, in percent return or probability; 0 asks for every bit.
 * @throws CandlewireError EXPORT_NOT_EXACT
 */
export function certifyExport(
  algorithm: string,
  { real, adversarial, branchFlips }: Evidence,
  tolerance: number,
): ExportCertificate {
  const differences = [real, adversarial].map(compare)
  const certificate: ExportCertificate = {
    rows: real.native.length + adversarial.native.length,
    adversarialRows: adversarial.native.length,
    worstDifference: Math.max(...differences.map(({ worst }) => worst)),
    differentRows: differences.reduce((sum, { rows }) => sum + rows, 0),
    branchFlips,
  }
  const isExact =
    branchFlips === 0 &&
    (tolerance === 0 ? certificate.differentRows === 0 : certificate.worstDifference <= tolerance)
  if (!isExact) {
    throw new CandlewireError(
      'EXPORT_NOT_EXACT',
      `The exported ${algorithm} model differs from the native one in ${certificate.differentRows} of ` +
        `${certificate.rows} rows, by up to ${certificate.worstDifference}, and takes another branch in ${branchFlips}`,
      { details: { ...certificate } },
    )
  }
  return certificate
}

/** Object.is tells -0 from 0 and takes NaN for equal to itself: it compares bits. */
function compare({ native, exported }: Answers): { rows: number; worst: number } {
  let rows = 0
  let worst = 0
  for (const [row, answer] of native.entries()) {
    const other = exported[row]
    if (Object.is(answer, other)) continue
    rows += 1
    const difference = Math.abs(answer - (other ?? NaN))
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference)
  }
  return { rows, worst }
}
