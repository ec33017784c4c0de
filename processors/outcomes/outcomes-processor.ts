/**
 * The outcomes processor: every prediction meets what came, and every model version is judged by it.
 *
 * Predictions drive; vectors are taken in beside them up to the one that the newest prediction was
 * made of, which its lineage names (docs/adr/0041). So the two inputs merge the same way however they
 * arrived, and a prediction is judged when the next prediction of its instrument is made at or after
 * its target time. A prediction that comes after its target time is judged at once.
 */
import type { Features, Outcome, Prediction } from '../../schemas/generated.ts'
import {
  featuresTopic,
  outcomesStateTopic,
  outcomesTopic,
  predictionsTopic,
} from '../../streams/topics.ts'
import { simpleReturn } from '../features/bar-history.ts'
import {
  out,
  type Incoming,
  type Outgoing,
  type Processor,
  type SideInput,
} from '../runtime/processor.ts'
import { barMemory, newestBar, remember, type BarMemory, type RememberedBar } from './bar-memory.ts'
import { judgePrediction, type Decided } from './judge-prediction.ts'
import { learnMove, moveModel, moveSquared, type MoveInputs, type MoveModel } from './move-model.ts'
import { publishQuality, resolveSilent } from './publish-quality.ts'
import {
  addToSeries,
  qualitySeries,
  type QualitySeries,
  type QualitySettings,
} from './quality-series.ts'
import { isJudgeable, waitingPrediction, type WaitingPrediction } from './waiting-prediction.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
/** Bars remembered of an instrument, a week of minutes, 240 kB: how late a prediction may come. */
const BARS_MAX = 10_080
/** Predictions that wait, of one instrument: sixteen models with a horizon of an hour. */
const WAITING_MAX = 1_024
/** Model versions judged at a time, 480 kB each at most; the longest silent one makes room. */
const SERIES_MAX = 16
/** Quality is published once in as many minutes of event time. */
const PUBLISH_EVERY_MS = 5 * MINUTE_MS

export interface OutcomesState {
  readonly bars: BarMemory
  /** Inputs of the move model of the newest vector, and its time. */
  newestInputs: { readonly timeMs: number; readonly inputs: MoveInputs } | undefined
  waiting: WaitingPrediction[]
  /** By `model/version`. */
  readonly series: Map<string, QualitySeries>
  /** By horizon in minutes. */
  readonly moves: Map<number, { readonly model: MoveModel; learntMs: number }>
  readonly counts: {
    realized: number
    unknowable: number
    forgotten: number
    repeated: number
    invalid: number
    seriesDropped: number
  }
}

const VECTORS: SideInput<Features, OutcomesState> = {
  topic: featuresTopic,
  keyOf: (vector) => vector.instrument,
  take: takeVector,
  // The memory is a ring: it holds what it holds.
  heldBytes: () => 0,
  heldBytesMax: Infinity,
  cutOf: ({ value, partition }: Incoming<Prediction>) => {
    const made = value.lineage.find(({ topic }) => topic === featuresTopic.name)
    return made?.partition === partition ? made.toOffset + 1 : undefined
  },
}

export function outcomesProcessor(settings: QualitySettings): Processor<Prediction, OutcomesState> {
  return {
    name: 'outcomes',
    stateVersion: 1,
    input: predictionsTopic,
    stateTopic: outcomesStateTopic,
    sideInput: VECTORS,
    keyOf: (prediction) => prediction.instrument,
    initial: () => ({
      bars: barMemory(BARS_MAX),
      newestInputs: undefined,
      waiting: [],
      series: new Map(),
      moves: new Map(),
      counts: {
        realized: 0,
        unknowable: 0,
        forgotten: 0,
        repeated: 0,
        invalid: 0,
        seriesDropped: 0,
      },
    }),
    countsOf: ({ counts, waiting }) => ({ ...counts, waiting: waiting.length }),
    step: (state, record) => step(state, record, settings),
  }
}

function takeVector(state: OutcomesState, { value, offset }: Incoming<Features>): void {
  const { eventTimeMs, close, values } = value
  if (eventTimeMs <= (newestBar(state.bars)?.timeMs ?? -Infinity)) return
  remember(state.bars, { timeMs: eventTimeMs, close, offset })
  const volatility = 100 * (values.volatility_50 ?? NaN)
  const range = (100 * (values.hl_range_ma20 ?? NaN)) / close
  state.newestInputs = { timeMs: eventTimeMs, inputs: [1, volatility, range] }
}

function step(
  state: OutcomesState,
  record: Incoming<Prediction>,
  settings: QualitySettings,
): Outgoing[] {
  if (!isJudgeable(record.value)) {
    state.counts.invalid += 1
    return []
  }
  if (state.waiting.some(({ predictionId }) => predictionId === record.value.predictionId)) {
    state.counts.repeated += 1
    return []
  }
  state.waiting.push(waitingPrediction(record, expectedMove(state, record.value)))
  const { instrument } = record.value
  const outgoing: Outgoing[] = []
  const touched = decide(state, instrument, outgoing)
  outgoing.push(...publish(state, record, touched, settings))
  return outgoing
}

function expectedMove({ newestInputs, moves }: OutcomesState, prediction: Prediction) {
  const isNewest = newestInputs?.timeMs === prediction.eventTimeMs
  const moveInputs = isNewest ? newestInputs.inputs : undefined
  const model = moves.get(prediction.horizonMinutes)?.model
  const known = model !== undefined && moveInputs !== undefined
  return { moveInputs, moveSquared: known ? moveSquared(model, moveInputs) : NaN }
}

/** Judges everything that can be judged by now. @returns series that got something. */
function decide(
  state: OutcomesState,
  instrument: string,
  outgoing: Outgoing[],
): ReadonlySet<QualitySeries> {
  const touched = new Set<QualitySeries>()
  const left: WaitingPrediction[] = []
  const excess = state.waiting.length - WAITING_MAX
  for (const [index, prediction] of state.waiting.entries()) {
    const verdict = judgePrediction(state.bars, prediction)
    if (verdict.status === 'waiting' && index >= excess) {
      left.push(prediction)
      continue
    }
    // Of more predictions than may wait, the oldest are not waited for.
    const decided =
      verdict.status === 'waiting'
        ? { status: 'forgotten' as const, bar: newestBar(state.bars) }
        : verdict
    outgoing.push(out(outcomesTopic, outcomeOf(prediction, instrument, decided)))
    state.counts[decided.status] += 1
    touched.add(takeOutcome(state, prediction, decided))
  }
  state.waiting = left
  return touched
}

const realizedReturn = (prediction: WaitingPrediction, bar: RememberedBar): number =>
  100 * simpleReturn(bar.close, prediction.referenceClose)

function takeOutcome(
  state: OutcomesState,
  prediction: WaitingPrediction,
  verdict: Decided,
): QualitySeries {
  const series = seriesOf(state, prediction)
  const { targetTimeMs, horizonMinutes, moveInputs } = prediction
  if (verdict.status !== 'realized') {
    addToSeries(series, prediction, undefined)
    return series
  }
  const realized = realizedReturn(prediction, verdict.bar)
  addToSeries(series, prediction, realized)
  const move = state.moves.get(horizonMinutes) ?? { model: moveModel(), learntMs: -Infinity }
  state.moves.set(horizonMinutes, move)
  // The market moves once, however many models predicted it.
  if (moveInputs !== undefined && targetTimeMs > move.learntMs) {
    learnMove(move.model, moveInputs, realized)
    move.learntMs = targetTimeMs
  }
  return series
}

function seriesOf(state: OutcomesState, prediction: WaitingPrediction): QualitySeries {
  const { series, counts } = state
  const key = seriesKey(prediction)
  const known = series.get(key)
  if (known !== undefined) return known
  if (series.size >= SERIES_MAX) {
    const [silent] = [...series].reduce((a, b) => (b[1].newestMs < a[1].newestMs ? b : a))
    series.delete(silent)
    counts.seriesDropped += 1
  }
  const made = qualitySeries(prediction)
  series.set(key, made)
  return made
}

const seriesKey = ({ modelName, modelVersion }: WaitingPrediction): string =>
  `${modelName}/${modelVersion}`

function publish(
  state: OutcomesState,
  { value, topic, partition, offset }: Incoming<Prediction>,
  touched: ReadonlySet<QualitySeries>,
  settings: QualitySettings,
): Outgoing[] {
  const bar = newestBar(state.bars)
  if (bar === undefined || touched.size === 0) return []
  const { instrument } = value
  const bucket = Math.floor(bar.timeMs / PUBLISH_EVERY_MS)
  const due = [...touched].filter(({ publishedBucket }) => publishedBucket < bucket)
  const outgoing = due.flatMap((series) => {
    series.publishedBucket = bucket
    const model = state.moves.get(series.horizonMinutes)?.model
    const inputs = state.newestInputs?.inputs
    return publishQuality(series, {
      instrument,
      nowMs: bar.timeMs,
      close: bar.close,
      moveSquared: model === undefined || inputs === undefined ? NaN : moveSquared(model, inputs),
      waiting: state.waiting.filter(
        (each) => each.modelName === series.modelName && each.modelVersion === series.modelVersion,
      ),
      lineage: [
        { topic, partition, fromOffset: offset, toOffset: offset },
        { ...lineageOf(bar), partition },
      ],
      settings,
    })
  })
  for (const series of state.series.values())
    if (series.degraded && bar.timeMs - series.newestMs > DAY_MS)
      outgoing.push(resolveSilent(series, instrument, bar.timeMs))
  return outgoing
}

function outcomeOf(prediction: WaitingPrediction, instrument: string, decided: Decided): Outcome {
  const {
    partition,
    offset,
    moveInputs: _i,
    moveSquared: _m,
    eventTimeMs: _e,
    ...kept
  } = prediction
  const { status, bar } = decided
  const isRealized = status === 'realized'
  const made = { topic: predictionsTopic.name, partition, fromOffset: offset, toOffset: offset }
  return {
    ...kept,
    instrument,
    eventTimeMs: bar?.timeMs ?? kept.targetTimeMs,
    status,
    realizedReturn: isRealized ? realizedReturn(prediction, bar) : null,
    realizedClose: isRealized ? bar.close : null,
    lineage: bar === undefined ? [made] : [made, { ...made, ...lineageOf(bar) }],
  }
}

const lineageOf = ({ offset }: RememberedBar) => ({
  topic: featuresTopic.name,
  fromOffset: offset,
  toOffset: offset,
})
