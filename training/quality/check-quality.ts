/**
 * The checks before training. Each looks at one thing, says where its limits lie and what it found;
 * the limits and their reasons stand in `limits.ts`.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { LoadedDataset } from '../examples/load-dataset.ts'
import { columnStatistics, type ColumnStatistics } from './column-statistics.ts'
import { describeFailures } from './describe-quality.ts'
import { leakFindings } from './leak-check.ts'
import { LIMITS } from './limits.ts'
import type {
  CheckName,
  CheckOutcome,
  Finding,
  QualityCheck,
  QualityReport,
} from './quality-report.ts'

/** Constant by construction: examples of filled minutes are left out before. */
const EXPECTED_CONSTANT: ReadonlySet<string> = new Set(['is_backfilled'])

export interface QualityContext {
  /** Event time of the newest vector of the stream; null where it is not known. */
  readonly newestVectorMs: number | null
}

export function checkQuality(loaded: LoadedDataset, context: QualityContext): QualityReport {
  const { dataset } = loaded
  const statistics = columnStatistics(dataset, LIMITS.outlierDeviations)
  const checks = [
    schemaCheck(loaded),
    freshnessCheck(loaded, context),
    duplicatesCheck(loaded),
    labelsCheck(loaded),
    missingCheck(statistics, dataset.rows),
    outliersCheck(statistics),
    constantCheck(statistics, dataset.rows),
    check(
      'leak',
      `No column may tell the label, its direction, its size or its newest part to ${LIMITS.leakMax} (size: ${LIMITS.sizeLeakMax}); from ${LIMITS.leakWarn} (${LIMITS.sizeLeakWarn}) on it is named.`,
      leakFindings(dataset, loaded.instrumentOfRow),
    ),
  ]
  return {
    outcome: worstOf(checks.map(({ outcome }) => outcome)),
    rows: dataset.rows,
    columns: dataset.columns.length,
    fromMs: dataset.eventTimeMs[0] ?? NaN,
    toMs: dataset.eventTimeMs.at(-1) ?? NaN,
    checks,
  }
}

/** @throws CandlewireError TRAINING_DATA_REFUSED with the report as `details.quality` */
export function refuseBadQuality(report: QualityReport): void {
  if (report.outcome !== 'failed') return
  throw new CandlewireError('TRAINING_DATA_REFUSED', describeFailures(report), {
    details: { quality: report },
  })
}

const SEVERITY: Readonly<Record<CheckOutcome, number>> = { passed: 0, warned: 1, failed: 2 }
const worstOf = (outcomes: readonly CheckOutcome[]): CheckOutcome =>
  outcomes.reduce((a, b) => (SEVERITY[b] > SEVERITY[a] ? b : a), 'passed')

function check(name: CheckName, text: string, findings: readonly Finding[]): QualityCheck {
  const sorted = [...findings].sort(
    (a, b) =>
      SEVERITY[b.outcome] - SEVERITY[a.outcome] ||
      Math.abs(b.value) - Math.abs(a.value) ||
      (a.subject < b.subject ? -1 : 1),
  )
  return {
    name,
    outcome: worstOf(findings.map(({ outcome }) => outcome)),
    text,
    findings: sorted.slice(0, LIMITS.findingsMax),
    findingsTotal: sorted.length,
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

function schemaCheck({ dataset, dropped, manifest }: LoadedDataset): QualityCheck {
  const other = dropped.other_feature_set ?? 0
  const dropping = Object.entries(dropped).reduce((sum, [, rows]) => sum + rows, 0)
  const share = other / Math.max(1, dataset.rows + dropping)
  const outcome = share > LIMITS.otherFeatureSetShareMax ? 'failed' : 'warned'
  const text = `${other} examples (${percent(share)}) do not carry ${manifest.featureSet} as this code defines it`
  return check(
    'schema',
    `Examples carry the feature set with fingerprint ${manifest.featureSetFingerprint.slice(0, 12)}; at most ${percent(LIMITS.otherFeatureSetShareMax)} may be of others, which are left out.`,
    other === 0 ? [] : [{ subject: 'other_feature_set', outcome, value: share, text }],
  )
}

function freshnessCheck({ dataset, manifest }: LoadedDataset, context: QualityContext) {
  const newestMs = dataset.eventTimeMs.at(-1)
  const { newestVectorMs } = context
  // A repeated data set is as old as it was, and one without vectors or rows has nothing to compare.
  const expectedMs = Math.min(manifest.untilMs ?? Infinity, newestVectorMs ?? Infinity)
  const lateMs = newestMs === undefined || expectedMs === Infinity ? 0 : expectedMs - newestMs
  return check(
    'freshness',
    `The newest example is at most ${LIMITS.staleMs / 3_600_000} hours older than the newest vector, or than the bound that was asked for.`,
    lateMs <= LIMITS.staleMs
      ? []
      : [
          {
            subject: 'newest_example',
            outcome: 'failed',
            value: lateMs / 3_600_000,
            text: `The newest example is of ${iso(newestMs ?? NaN)}, ${(lateMs / 3_600_000).toFixed(1)} hours before ${iso(expectedMs)}`,
          },
        ],
  )
}

const iso = (timeMs: number): string =>
  Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : 'never'

function duplicatesCheck({ dataset, dropped }: LoadedDataset): QualityCheck {
  const repeated = dropped.superseded ?? 0
  const share = repeated / Math.max(1, repeated + dataset.rows)
  return check(
    'duplicates',
    `Of several examples of one key the last counts; from ${percent(LIMITS.duplicateShareWarn)} on they are named.`,
    share < LIMITS.duplicateShareWarn
      ? []
      : [
          {
            subject: 'superseded',
            outcome: 'warned',
            value: share,
            text: `${repeated} examples (${percent(share)}) were published again later`,
          },
        ],
  )
}

function labelsCheck({ dataset }: LoadedDataset): QualityCheck {
  let [largest, zeros, lowest, highest] = [0, 0, Infinity, -Infinity]
  for (const label of dataset.labels) {
    largest = Math.max(largest, Math.abs(label))
    lowest = Math.min(lowest, label)
    highest = Math.max(highest, label)
    if (label === 0) zeros += 1
  }
  const zeroShare = zeros / Math.max(1, dataset.rows)
  const findings: Finding[] = []
  const add = (outcome: CheckOutcome, value: number, text: string) =>
    findings.push({ subject: 'label', outcome, value, text })
  if (largest > LIMITS.labelPercentMax)
    add('failed', largest, `A forward return of ${largest.toFixed(1)} % is a wrong price`)
  if (dataset.rows > 0 && lowest === highest)
    add('failed', lowest, `Every forward return is ${lowest}: there is nothing to learn`)
  else if (zeroShare > LIMITS.zeroLabelShareWarn)
    add('warned', zeroShare, `${percent(zeroShare)} of the forward returns are exactly 0`)
  return check(
    'labels',
    `Forward returns vary and stay within ${LIMITS.labelPercentMax} %; from ${percent(LIMITS.zeroLabelShareWarn)} of zeros on they are named.`,
    findings,
  )
}

function missingCheck(statistics: readonly ColumnStatistics[], rows: number): QualityCheck {
  const findings = statistics
    .map(({ column, missing }) => ({ column, share: missing / Math.max(1, rows) }))
    .filter(({ share }) => share >= LIMITS.missingShareWarn)
    .map(({ column, share }): Finding => ({
      subject: column,
      outcome: 'warned',
      value: share,
      text: `${column} is missing in ${percent(share)} of the rows`,
    }))
  const cells = statistics.reduce((sum, { missing }) => sum + missing, 0)
  const all = cells / Math.max(1, rows * statistics.length)
  if (all > LIMITS.missingShareMax)
    findings.push({
      subject: 'all_columns',
      outcome: 'failed',
      value: all,
      text: `${percent(all)} of all values are missing`,
    })
  return check(
    'missing',
    `Columns with ${percent(LIMITS.missingShareWarn)} missing or more are named (they stay: models take missing values); at most ${percent(LIMITS.missingShareMax)} of all values may be.`,
    findings,
  )
}

function outliersCheck(statistics: readonly ColumnStatistics[]): QualityCheck {
  const findings = statistics.flatMap(({ column, infinite, outliers, present }): Finding[] => {
    const share = outliers / Math.max(1, present)
    if (infinite > 0) {
      const text = `${column} is infinite in ${infinite} rows`
      return [{ subject: column, outcome: 'failed', value: infinite, text }]
    }
    if (share < LIMITS.outlierShareWarn) return []
    const text = `${outliers} values of ${column} (${percent(share)}) lie beyond ${LIMITS.outlierDeviations} deviations`
    return [{ subject: column, outcome: 'warned', value: share, text }]
  })
  return check(
    'outliers',
    `No value is infinite; columns with ${percent(LIMITS.outlierShareWarn)} beyond ${LIMITS.outlierDeviations} standard deviations are named (they stay: markets have such tails).`,
    findings,
  )
}

function constantCheck(statistics: readonly ColumnStatistics[], rows: number): QualityCheck {
  const constant = statistics.filter(
    ({ column, isConstant }) => isConstant && !EXPECTED_CONSTANT.has(column),
  )
  const findings = constant.map(({ column, mean }): Finding => ({
    subject: column,
    outcome: 'warned',
    value: mean,
    text: `${column} is ${Number(mean.toPrecision(6))} wherever it is there`,
  }))
  if (rows > 0 && !statistics.some(({ isConstant, present }) => !isConstant && present > 0))
    findings.push({
      subject: 'all_columns',
      outcome: 'failed',
      value: statistics.length,
      text: 'No column varies: there is nothing to learn from',
    })
  return check('constant', 'Columns that never change are named; one at least must.', findings)
}
