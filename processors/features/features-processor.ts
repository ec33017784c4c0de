/**
 * The features processor: candles in, one vector per bar of the gap-filled grid out.
 *
 * A candle yields the bars that fill the gap before it and then its own. Repeated candles are ignored;
 * invalid, late and revised ones go to `dead-letters.v1`; none of them changes what was published.
 */
import type { Candle, FeatureValues, Features } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { validateCandle } from '../../streams/candle-validation.ts'
import { CANDLE_MS, candlesTopic, featuresStateTopic, featuresTopic } from '../../streams/topics.ts'
import { AUTOREGRESSIVE_ORDER } from '../models/input-columns.ts'
import { out, type Incoming, type Outgoing, type Processor } from '../runtime/processor.ts'
import { Bar } from './bar.ts'
import { EVERYTHING, featureSet, referenceTo, type FeatureSet } from './feature-sets.ts'
import { MarketFeatures } from './market-features.ts'
import { emptyGrid, MinuteGrid, place, type GridState } from './minute-grid.ts'
import { refusedCandle } from './refused-candle.ts'
import { SessionClock } from './session-clock.ts'

/** The set that `features.v1` carries. */
export const STREAM_FEATURE_SET = 'market-76'

export interface FeaturesState {
  readonly grid: GridState
  /** State of the engine; see market-features.ts. */
  readonly memory: Float64Array
}

export type FeaturesSettings = Pick<Config, 'maxFillMinutes' | 'sessionZone' | 'sessionStart'>

/** @throws CandlewireError CONFIG_INVALID for an unknown zone or a bad session start. */
export function featuresProcessor(
  settings: FeaturesSettings,
  set: FeatureSet = featureSet(STREAM_FEATURE_SET),
): Processor<Candle, FeaturesState> {
  const engine = new MarketFeatures(set)
  const sessions = new SessionClock(settings.sessionZone, settings.sessionStart)
  const grid = new MinuteGrid(settings.maxFillMinutes, sessions)
  const publish = vectorWriter(engine)
  const bar = new Bar()

  function step(
    { grid: state, memory }: FeaturesState,
    record: Incoming<Candle>,
  ): readonly Outgoing[] {
    const candle = record.value
    const fault = validateCandle(candle)
    if (fault !== undefined) return [refusedCandle(record, 'CANDLE_INVALID', fault)]
    const placement = place(state, candle)
    if (placement.kind === 'duplicate') {
      state.duplicates += 1
      return []
    }
    if (placement.kind === 'late') {
      const why =
        placement.known === undefined
          ? 'its minute has passed'
          : 'it revises a candle that was processed'
      return [refusedCandle(record, 'CANDLE_LATE', why, placement.known)]
    }
    const outputs: Outgoing[] = []
    const fills = grid.fillsBefore(state, candle)
    for (let i = 0; i < fills; i++) {
      grid.fill(state, i, bar)
      outputs.push(publish(memory, bar, record))
    }
    grid.take(state, candle, bar)
    outputs.push(publish(memory, bar, record))
    return outputs
  }

  return {
    name: 'features',
    // Raise it when the layout of the memory or its meaning changes (features-processor.test.ts notices the layout).
    stateVersion: 1,
    input: candlesTopic,
    stateTopic: featuresStateTopic,
    keyOf: (candle) => candle.instrument,
    initial: () => ({ grid: emptyGrid(), memory: engine.initialMemory() }),
    step,
  }
}

/** @returns what feeds a bar to the engine and makes its vector a record. */
function vectorWriter(engine: MarketFeatures) {
  const { features, set } = engine
  const vector = new Float64Array(features.length)
  const returns = new Float64Array(AUTOREGRESSIVE_ORDER)
  const reference = referenceTo(set)
  // A copy of an object that has every field is several times faster than adding fields one by one.
  const blank: Record<string, number | null> = Object.fromEntries(
    EVERYTHING.features.map((feature) => [feature, null]),
  )

  return (
    memory: Float64Array,
    bar: Bar,
    { topic, partition, offset, value }: Incoming<Candle>,
  ): Outgoing => {
    engine.update(memory, bar, vector)
    engine.recentReturns(memory, returns)
    const values = { ...blank }
    for (let i = 0; i < features.length; i++) {
      const feature = vector[i]!
      if (!Number.isNaN(feature)) values[features[i]!] = feature
    }
    return out<Features>(featuresTopic, {
      instrument: value.instrument,
      openTimeMs: bar.openTimeMs,
      eventTimeMs: bar.openTimeMs + CANDLE_MS,
      close: bar.close,
      ...reference,
      recentReturns: Array.from(returns, (value) => (Number.isFinite(value) ? value : null)),
      values: values as unknown as FeatureValues,
      lineage: [{ topic, partition, fromOffset: offset, toOffset: offset }],
    })
  }
}
