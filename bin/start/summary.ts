/**
 * What a run came to: counted in the stores, not in the programs that filled them, so that the
 * summary is itself a check.
 */
import type { SplitMetrics } from '../../schemas/generated.ts'
import type { LiveModel } from './live-model.ts'
import { RECORDED } from '../../processors/sentiment/sentiment-processor.ts'

export interface SourceCounts {
  /** Rows taken from the input so far, all runs together: stored, dead-lettered or doubled. */
  readonly produced: number
  /** Distinct records in ClickHouse. */
  readonly stored: number
  /** Rows refused at the door, in dead-letters.v1 with line and cause. */
  readonly deadLettered: number
  /** Rows that repeat the key of another one. */
  readonly duplicates: number
  /** Rows produced by this run alone. */
  readonly producedThisRun: number
}

/** What became of the articles about the instrument, those of all sources and runs together. */
export interface SentimentCounts {
  /** Records of news.v1, counted there; each is one of the four that follow, counted in ClickHouse. */
  readonly articles: number
  readonly scored: number
  /** Repeats of another article. */
  readonly duplicates: number
  /** Invalid, or refused by the model: in dead-letters.v1. */
  readonly deadLettered: number
  /** The rest: without a model they wait. */
  readonly waiting: number
  /** Who gave the probabilities; `recorded` if they came with the articles. Most articles first. */
  readonly models: readonly {
    readonly model: string
    readonly sha256: string
    readonly articles: number
  }[]
  /** Why there is no model; null if there is one or none was needed. */
  readonly noModel: string | null
}

export interface Quality {
  readonly rows: number
  readonly rmse: number
  readonly mae: number
  readonly zeroRmse: number
  readonly zeroMae: number
  readonly directionalAccuracy: number
}

export interface Summary {
  readonly instrument: string
  readonly simulated: boolean
  readonly candles: SourceCounts
  /** Candles that came later than a newer one and were refused by the features processor. */
  readonly lateCandles: number
  readonly news: SourceCounts
  readonly sentiment: SentimentCounts
  /** Originals and filled minutes, counted from the stored candles. */
  readonly gridBars: number
  readonly features: { readonly rows: number }
  /** Rows have the label of 30 minutes; `labelled60` of them that of 60 minutes too. */
  readonly examples: { readonly rows: number; readonly labelled60: number }
  readonly model: {
    readonly name: string
    readonly version: string
    readonly algorithm: string
    /** `champion`, or `shadow`: scored live, and not proved to be better than no forecast. */
    readonly role: string
    /** Whether the gate let it become champion by itself, and why or why not. */
    readonly gate: { readonly passed: boolean; readonly reasons: readonly string[] } | null
    readonly beatsZeroForecast: boolean
    readonly metrics: Readonly<Record<string, Omit<SplitMetrics, 'split'>>>
    readonly notes: readonly string[]
  } | null
  readonly predictions: number
  /** Predictions whose outcome has come, against the zero forecast on the same bars. */
  readonly live: Quality | null
  /** Candles a second of this run, by phase. */
  readonly rates: Readonly<Record<string, number>>
  readonly seconds: number
}

export function describeModel({ version, role }: LiveModel): NonNullable<Summary['model']> {
  const metrics = Object.fromEntries(version.metrics.map(({ split, ...rest }) => [split, rest]))
  return {
    name: version.modelName,
    version: version.version,
    algorithm: version.algorithm,
    role,
    gate:
      version.gate === null ? null : { passed: version.gate.passed, reasons: version.gate.reasons },
    beatsZeroForecast: version.beatsZeroForecast,
    metrics,
    notes: version.selectionNotes,
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (value: number): string => value.toFixed(5)

/** The summary as lines for a terminal. */
export function summaryLines(
  summary: Summary,
  places: { url: string; clickhouse: string },
): string[] {
  const counts = (name: string, { produced, stored, deadLettered, duplicates }: SourceCounts) =>
    `  ${name.padEnd(12)} ${whole(produced)} produced = ${whole(stored)} stored + ${whole(deadLettered)} dead-lettered + ${whole(duplicates)} doubled`
  return [
    '',
    `Candlewire, ${summary.instrument}${summary.simulated ? ' (simulated data)' : ''}, ${summary.seconds.toFixed(1)} s`,
    counts('candles', summary.candles),
    ...(summary.lateCandles > 0
      ? [
          `  ${'late'.padEnd(12)} ${whole(summary.lateCandles)} candles came after newer ones: dead-lettered, not in the features`,
        ]
      : []),
    counts('news', summary.news),
    ...sentimentLines(summary.sentiment),
    `  ${'features'.padEnd(12)} ${whole(summary.features.rows)} rows for ${whole(summary.gridBars)} grid bars${summary.features.rows === summary.gridBars ? '' : '  <- differ'}`,
    `  ${'examples'.padEnd(12)} ${whole(summary.examples.rows)} with what came after 30 minutes, ${whole(summary.examples.labelled60)} of them after 60 too`,
    ...Object.entries(summary.rates).map(
      ([name, rate]) => `  ${'rate'.padEnd(12)} ${whole(rate)} candles per second, ${name}`,
    ),
    ...modelLines(summary),
    `  ${'predictions'.padEnd(12)} ${whole(summary.predictions)}, all later than anything the model has seen`,
    ...liveLines(summary.live),
    '',
    `  page         ${places.url}`,
    `  API          ${places.url}/docs`,
    `  ClickHouse   ${places.clickhouse}`,
    '  next         candlewire status | candlewire features list | candlewire train --help',
    '',
    '  Not investment advice.',
    '',
  ]
}

function sentimentLines(sentiment: SentimentCounts): string[] {
  const { articles, scored, duplicates, deadLettered, waiting, models, noModel } = sentiment
  if (articles === 0) return []
  const rest = waiting === 0 ? '' : ` + ${whole(waiting)} not scored yet`
  const by = models.map(
    ({ model, sha256, articles: of }) =>
      `${model}${sha256 === RECORDED ? ', recorded' : ` ${sha256.slice(0, 12)}`}: ${whole(of)}`,
  )
  return [
    `  ${'sentiment'.padEnd(12)} ${whole(articles)} articles = ${whole(scored)} scored + ${whole(duplicates)} repeats + ${whole(deadLettered)} dead-lettered${rest}`,
    ...by.map((line) => `    ${line}`),
    ...(noModel === null ? [] : [`    no sentiment model: ${noModel}`]),
  ]
}

function modelLines({ model }: Summary): string[] {
  if (model === null) return ['  model        none yet']
  const header = `  ${'model'.padEnd(12)} ${model.name} ${model.version} (${model.algorithm}), ${model.role}, errors in percent return, beside the zero-return forecast`
  const rows = Object.entries(model.metrics).map(
    ([split, m]) =>
      `    ${split.padEnd(14)} ${whole(m.rows).padStart(9)} rows  RMSE ${percent(m.rmse)} (zero ${percent(m.zeroRmse)})  MAE ${percent(m.mae)} (zero ${percent(m.zeroMae)})  R2 ${m.r2.toFixed(5)}`,
  )
  const verdict =
    model.role === 'champion'
      ? '    Champion: it answers predictions.'
      : '    Shadow: it is scored live and flagged; no edge is claimed for it.'
  const reasons = (model.gate?.reasons ?? []).map((reason) => `      ${reason}`)
  return [header, ...rows, verdict, ...reasons]
}

function liveLines(live: Quality | null): string[] {
  if (live === null || live.rows === 0) return []
  return [
    `  ${'outcomes'.padEnd(12)} ${whole(live.rows)} known: RMSE ${percent(live.rmse)} (zero ${percent(live.zeroRmse)}), direction right ${(100 * live.directionalAccuracy).toFixed(1)} %`,
  ]
}
