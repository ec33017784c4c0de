/** What the checks before training found, for machines; `describe-quality.ts` says it in words. */

/** `failed` stops the run; `warned` goes into the report and the notes of the models. */
export type CheckOutcome = 'passed' | 'warned' | 'failed'

export type CheckName =
  | 'schema'
  | 'rows'
  | 'freshness'
  | 'missing'
  | 'outliers'
  | 'constant'
  | 'duplicates'
  | 'labels'
  | 'leak'

/** A column, or another part of the data, that a check has something to say about. */
export interface Finding {
  /** Column name, or a reason such as `warm_up`. */
  readonly subject: string
  readonly outcome: CheckOutcome
  /** What was measured; its unit is that of the check. */
  readonly value: number
  /** In words. */
  readonly text: string
}

export interface QualityCheck {
  readonly name: CheckName
  /** The worst of its findings; `passed` without any. */
  readonly outcome: CheckOutcome
  /** What was looked at and where the limits lie, one sentence. */
  readonly text: string
  /** Worst first, at most 50. */
  readonly findings: readonly Finding[]
  /** Findings there were, those that are not listed included. */
  readonly findingsTotal: number
}

export interface QualityReport {
  /** The worst outcome of all checks. */
  readonly outcome: CheckOutcome
  readonly rows: number
  readonly columns: number
  /** Event times of the first and last row, ms; NaN without rows. */
  readonly fromMs: number
  readonly toMs: number
  readonly checks: readonly QualityCheck[]
}
