/** The drift report: one self-contained HTML file, from what ClickHouse holds. */
import { barChart } from '../../reports/charts/bar-chart.ts'
import { lineChart } from '../../reports/charts/line-chart.ts'
import { pairedBarChart } from '../../reports/charts/paired-bar-chart.ts'
import { dataTable } from '../../reports/data-table.ts'
import { html, type Html } from '../../reports/html.ts'
import { reportPage } from '../../reports/report-page.ts'

export interface ReportVerdict {
  readonly eventTimeMs: number
  readonly windowFromMs: number
  readonly windowVectors: number
  readonly modelName: string
  readonly modelVersion: string
  readonly mode: string
  readonly health: string
  readonly driftDetected: boolean
  readonly features: number
  readonly driftedFeatures: number
  readonly driftShare: number
  readonly meanKs: number | null
  readonly expectedFalseAlarmsPerDay: number | null
  readonly isExtrapolated: boolean
  readonly alarms: number
}

export interface ReportFeature {
  readonly feature: string
  readonly ks: number | null
  readonly ksThreshold: number
  readonly psi: number | null
  readonly wasserstein: number | null
  readonly missing: number
  readonly outOfRange: number | null
  readonly meanShift: number | null
  readonly volatilityRatio: number | null
  readonly drifted: boolean
}

export interface ReportQuality {
  readonly modelName: string
  readonly modelVersion: string
  readonly windowMinutes: number
  readonly outcomes: number
  readonly rmse: number | null
  readonly zeroRmse: number | null
  readonly directionalAccuracy: number | null
  readonly testError: number | null
}

export interface DriftReportData {
  readonly instrument: string
  /** Newest first. */
  readonly verdicts: readonly ReportVerdict[]
  readonly features: readonly ReportFeature[]
  readonly movers: readonly {
    readonly feature: string
    readonly edges: readonly number[]
    readonly reference: readonly number[]
    readonly current: readonly number[]
  }[]
  readonly quality: readonly ReportQuality[]
  /** Share of each column in the model, descending; empty: not known. */
  readonly importance: readonly { readonly column: string; readonly share: number }[]
  /** What importance counts, such as gain; null: not known. */
  readonly importanceMethod: string | null
}

const NOT_KNOWN = '–'
const NOTHING = html`<p>Nothing has been measured yet.</p>`
const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
const digits = (value: number | null, count = 3): string =>
  value === null || !Number.isFinite(value) ? NOT_KNOWN : value.toFixed(count)
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
/** Bars that still can be told apart. */
const BARS_MAX = 25

export function driftReportPage(data: DriftReportData): string {
  const [newest] = data.verdicts
  return reportPage({
    title: `Drift of ${data.instrument}`,
    subtitle:
      newest === undefined
        ? 'No verdict is stored.'
        : `${newest.windowVectors} vectors from ${time(newest.windowFromMs)} to ${time(newest.eventTimeMs)} UTC, against the training data of ${newest.modelName} ${newest.modelVersion}`,
    summary: newest === undefined ? html`<p>Nothing has been measured yet.</p>` : verdictOf(newest),
    sections: [
      { id: 'over-time', title: 'Drift over time', body: overTime(data) },
      { id: 'distributions', title: 'Distributions', body: distributions(data) },
      { id: 'features', title: 'Features', body: features(data) },
      { id: 'missing', title: 'Missing values', body: missing(data) },
      { id: 'quality', title: 'Model quality', body: quality(data) },
      { id: 'importance', title: 'Importance', body: importance(data) },
    ],
  })
}

function verdictOf(newest: ReportVerdict): Html {
  const promise =
    newest.expectedFalseAlarmsPerDay === null
      ? 'Fixed thresholds: no rate of false alarms is known.'
      : `At most ${digits(newest.expectedFalseAlarmsPerDay)} false alarms a day are expected over all features${newest.isExtrapolated ? ' (extrapolated)' : ''}.`
  return html`<p>
      <strong>${newest.driftDetected ? 'Drift' : 'No drift'}</strong>, ${newest.health}:
      ${newest.driftedFeatures} of ${newest.features} features (${percent(newest.driftShare)}) are
      beyond their thresholds.
    </p>
    <p>${promise} Alarms so far: ${newest.alarms}.</p>`
}

function overTime({ verdicts, instrument }: DriftReportData): Html {
  if (verdicts.length === 0) return html`<p>Nothing is stored.</p>`
  const ordered = verdicts.toReversed()
  const points = ordered.flatMap((each): [number, number][] =>
    each.meanKs === null ? [] : [[each.eventTimeMs, each.meanKs]],
  )
  return lineChart({
    title: `Mean KS distance and share of drifted features of ${instrument} over time`,
    description: 'Share of drifted features and mean KS distance by time of the newest vector.',
    x: 'time, UTC',
    y: 'share, or distance',
    xKind: 'time',
    lines: [
      { name: 'mean KS distance', points },
      {
        name: 'share of drifted features',
        points: ordered.map((each) => [each.eventTimeMs, each.driftShare] as const),
      },
    ],
  })
}

function distributions({ movers, importance }: DriftReportData): Html {
  if (movers.length === 0) return html`<p>No feature has moved, or the window is not full.</p>`
  const shares = new Map(importance.map(({ column, share }) => [column, share]))
  const charts = movers.map(({ feature, edges, reference, current }) => {
    const share = shares.get(feature)
    const weight = share === undefined ? '' : `, ${percent(share)} of the model`
    const bins = reference.map((_, bin) => binName(edges, bin))
    const shown = (values: readonly number[]) => values.map((value) => 100 * value)
    return pairedBarChart({
      title: `${feature}${weight}`,
      description: `${feature}, reference and window: ${bins.map((name, bin) => `${name} ${percent(reference[bin]!)} and ${percent(current[bin]!)}`).join('; ')}`,
      x: 'share of the values, percent',
      bins,
      pair: [
        { name: 'reference', values: shown(reference) },
        { name: 'window', values: shown(current) },
      ],
    })
  })
  return html`<p class="hint">
      The features that are farthest beyond their thresholds, by deciles of the reference.
    </p>
    <div class="charts">${charts}</div>`
}

const binName = (edges: readonly number[], bin: number): string =>
  bin === 0
    ? `to ${short(edges[0])}`
    : bin === edges.length
      ? `above ${short(edges[bin - 1])}`
      : `${short(edges[bin - 1])} to ${short(edges[bin])}`
const short = (value: number | undefined): string =>
  value === undefined ? 'all' : String(Number(value.toPrecision(4)))

function features({ features }: DriftReportData): Html {
  if (features.length === 0) return NOTHING
  const sorted = [...features].sort(
    (a, b) => (b.ks ?? 0) / b.ksThreshold - (a.ks ?? 0) / a.ksThreshold,
  )
  const bars = sorted.slice(0, BARS_MAX)
  const chart = barChart({
    title: 'KS distance of the farthest features',
    description: 'KS distance of the features that are farthest for their thresholds.',
    x: 'KS distance',
    bars: bars.map((each) => ({ name: each.feature, value: each.ks ?? 0 })),
  })
  const table = dataTable({
    caption: 'All measures of every feature, farthest first',
    header: [
      'feature',
      'KS',
      'threshold',
      'PSI',
      'Wasserstein',
      'outside',
      '30/150 mean',
      '30/150 volatility',
    ],
    rows: sorted.map((each) => [
      each.feature,
      each.drifted
        ? { text: `${digits(each.ks)} drifted`, tone: 'worse' as const }
        : digits(each.ks),
      digits(each.ksThreshold),
      digits(each.psi),
      each.wasserstein === null ? NOT_KNOWN : String(Number(each.wasserstein.toPrecision(4))),
      each.outOfRange === null ? NOT_KNOWN : percent(each.outOfRange),
      digits(each.meanShift, 2),
      digits(each.volatilityRatio, 2),
    ]),
  })
  return html`${chart}${table}`
}

function missing({ features }: DriftReportData): Html {
  if (features.length === 0) return NOTHING
  const there = features.filter((each) => each.missing > 0).sort((a, b) => b.missing - a.missing)
  if (there.length === 0) return html`<p>No feature has missing values in the window.</p>`
  return dataTable({
    caption: 'Features with missing values in the window',
    header: ['feature', 'missing'],
    rows: there.map((each) => [each.feature, percent(each.missing)]),
  })
}

function quality({ quality }: DriftReportData): Html {
  if (quality.length === 0) return html`<p>No prediction has matured yet.</p>`
  return dataTable({
    caption: 'Newest quality of each version, beside the zero forecast and its own test',
    header: [
      'version',
      'window, minutes',
      'outcomes',
      'RMSE',
      'zero RMSE',
      'test error',
      'direction right',
    ],
    rows: quality.map((each) => [
      `${each.modelName} ${each.modelVersion}`,
      each.windowMinutes,
      each.outcomes,
      digits(each.rmse, 4),
      digits(each.zeroRmse, 4),
      digits(each.testError, 4),
      each.directionalAccuracy === null ? NOT_KNOWN : percent(each.directionalAccuracy),
    ]),
  })
}

function importance({ importance, importanceMethod, features }: DriftReportData): Html {
  if (importance.length === 0) return html`<p>The model carries no importance of its inputs.</p>`
  const drifted = new Set(features.filter((each) => each.drifted).map((each) => each.feature))
  const onDrifted = importance
    .filter(({ column }) => drifted.has(column))
    .reduce((sum, { share }) => sum + share, 0)
  const counted = importanceMethod === null ? '' : ` by ${importanceMethod}`
  const table = dataTable({
    caption: `What the model rests on${counted}, and whether it has drifted`,
    header: ['feature', 'share of the model', 'drifted'],
    textColumns: [2],
    rows: importance
      .slice(0, BARS_MAX)
      .map(({ column, share }) => [
        column,
        percent(share),
        drifted.has(column) ? { text: 'yes', tone: 'worse' as const } : 'no',
      ]),
  })
  return html`<p>${percent(onDrifted)} of the model rests on features that have drifted.</p>
    ${table}`
}
