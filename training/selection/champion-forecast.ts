/**
 * What the live champion would have said out of time, to compare candidates with.
 *
 * Both must be judged by rows that neither was fitted to. A champion is fitted to its train and
 * validation splits, so only rows count whose event is later than the last label of its validation
 * split. Its test and out-of-time splits had a part in choosing it: that speaks for the champion, and
 * a candidate that still wins has won against it.
 */
import { matrixOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import type { Objective } from '../models/model-trainer.ts'
import { OnnxScorer } from '../onnx/onnx-scorer.ts'
import type { LiveChampion } from '../worker/worker-messages.ts'

const MINUTE_MS = 60_000
/** Fewer than ten horizons of rows show nothing. */
const HORIZONS_MIN = 10

export type ChampionForecast =
  | {
      readonly version: string
      /** Part of the out-of-time split that the champion was not fitted to. */
      readonly range: SplitRange
      /** Of the rows of that range. */
      readonly predictions: Float64Array
    }
  | { readonly version: string; readonly incomparable: string }

export interface ChampionOptions {
  readonly objective: Objective
  readonly horizonMinutes: number
}

/** @param outOfTime the split that candidates are judged by */
export async function championForecast(
  { version, onnx }: LiveChampion,
  dataset: Dataset,
  outOfTime: SplitRange,
  { objective, horizonMinutes }: ChampionOptions,
): Promise<ChampionForecast> {
  const refuse = (incomparable: string) => ({ version: version.version, incomparable })
  if (version.objective !== objective || version.horizonMinutes !== horizonMinutes)
    return refuse(
      `it is a ${version.objective} over ${version.horizonMinutes} minutes, not a ${objective} over ${horizonMinutes}`,
    )
  const missing = version.inputColumns.filter((column) => !dataset.columns.includes(column))
  if (missing.length > 0)
    return refuse(
      `it reads columns that are not in this data set (${missing.slice(0, 5).join(', ')})`,
    )
  const range = unseenBy(
    version.metrics,
    version.trainedUntilMs,
    dataset,
    outOfTime,
    horizonMinutes,
  )
  const rows = range.to - range.from
  if (rows < HORIZONS_MIN * horizonMinutes)
    return refuse(
      `only ${rows} rows out of time are later than what it was fitted to, ${HORIZONS_MIN * horizonMinutes} are needed`,
    )
  const scorer = await OnnxScorer.load(onnx, version.inputColumns.length)
  try {
    const inputs = columnsOf(dataset, range, version.inputColumns)
    return { version: version.version, range, predictions: await scorer.score(inputs) }
  } finally {
    await scorer.close()
  }
}

function unseenBy(
  metrics: LiveChampion['version']['metrics'],
  trainedUntilMs: number,
  dataset: Dataset,
  outOfTime: SplitRange,
  horizonMinutes: number,
): SplitRange {
  const validation = metrics.find(({ split }) => split === 'validation')
  const fittedUntilMs =
    validation === undefined ? trainedUntilMs : validation.toMs + horizonMinutes * MINUTE_MS
  let from = outOfTime.from
  while (from < outOfTime.to && dataset.eventTimeMs[from]! <= fittedUntilMs) from += 1
  return { from, to: outOfTime.to }
}

/** `[rows, wanted] float32` of some columns, in their order. */
function columnsOf(dataset: Dataset, range: SplitRange, wanted: readonly string[]): Float32Array {
  const matrix = matrixOf(dataset, range)
  const width = dataset.columns.length
  const places = wanted.map((column) => dataset.columns.indexOf(column))
  const picked = new Float32Array((range.to - range.from) * wanted.length)
  for (let row = 0, next = 0; row < range.to - range.from; row += 1)
    for (const place of places) picked[next++] = matrix[row * width + place]!
  return picked
}
