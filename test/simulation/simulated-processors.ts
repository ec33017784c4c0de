/**
 * The processors of a simulated run: real ones, and two small ones that make every loss visible or stand
 * for a server.
 */
import type { Candle, Features } from '../../schemas/generated.ts'
import {
  candlesTopic,
  featuresStateTopic,
  featuresTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { labelsProcessor } from '../../processors/labels/labels-processor.ts'
import { outcomesProcessor } from '../../processors/outcomes/outcomes-processor.ts'
import { out, type Processor } from '../../processors/runtime/processor.ts'
import { testPrediction } from '../support/predictions.ts'
import { writeCandles, writeSentiment } from './market-writers.ts'
import type { MakeScenario } from './scenario.ts'

const settings = { maxFillMinutes: 20, sessionZone: 'America/New_York', sessionStart: '17:00' }

export const ledgerTopic: Topic<Candle> = { ...candlesTopic, name: 'simulation.ledger.v1' }
export const ledgerStateTopic = { ...featuresStateTopic, name: 'simulation.ledger.state.v1' }

/** Every input counts in every later output, so nothing can be lost or applied twice unseen. */
const ledger: Processor<Candle, { inputs: number; closes: number }> = {
  name: 'ledger',
  stateVersion: 1,
  input: candlesTopic,
  stateTopic: ledgerStateTopic,
  keyOf: (candle) => candle.instrument,
  initial: () => ({ inputs: 0, closes: 0 }),
  step(state, { value }) {
    state.inputs += 1
    state.closes += value.close
    return [out(ledgerTopic, { ...value, close: state.closes, sourceLine: state.inputs })]
  },
}

/** Stands for a server that scores every vector: its predictions say which vector they are of. */
export const scorer: Processor<Features, { scored: number }> = {
  name: 'scorer',
  stateVersion: 1,
  input: featuresTopic,
  stateTopic: { ...featuresStateTopic, name: 'simulation.scorer.state.v1' },
  keyOf: (vector) => vector.instrument,
  initial: () => ({ scored: 0 }),
  step(state, { value, partition, offset }) {
    state.scored += 1
    const lineage = [{ topic: featuresTopic.name, partition, fromOffset: offset, toOffset: offset }]
    const predictedReturn = state.scored / 100
    return [out(predictionsTopic, testPrediction(value, offset, { predictedReturn, lineage }))]
  },
}

/** From candles to outcomes. */
export const MARKET: MakeScenario = () => ({
  processors: [
    () => featuresProcessor(everyInstrument(settings)),
    () => labelsProcessor(),
    () => ledger,
    () => scorer,
    () => outcomesProcessor({ ratio: 1.2, windowMinutes: 60 }),
  ],
  upstream: {
    labels: ['features'],
    scorer: ['features'],
    outcomes: ['features', 'scorer'],
  },
  writers: [writeCandles, writeSentiment],
  ownTopics: [ledgerTopic, ledgerStateTopic, scorer.stateTopic],
  contexts: {},
})
