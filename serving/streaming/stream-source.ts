/**
 * What the streams carry, as a table: every type of event that has a place in a topic. An event is
 * made from its record alone, so that it is the same on every server and whenever it is read again.
 */
import type { Alert, Candle, Features, Outcome, Prediction } from '../../schemas/generated.ts'
import {
  alertsTopic,
  candlesTopic,
  featuresTopic,
  outcomesTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'

export interface StreamSource<Value> {
  /** Type of its events. */
  readonly type: string
  /** What a position calls it; never given to another source. */
  readonly letter: string
  readonly topic: Topic<Value>
  /** What subscriptions choose by; of an alert its instrument, or whatever it is about. */
  readonly instrumentOf: (value: Value) => string
  /** What the event shows of the record. */
  readonly show: (value: Value) => object
}

const source = <Value>(
  type: string,
  letter: string,
  topic: Topic<Value>,
  instrumentOf: (value: Value) => string,
  show: (value: Value) => object = (value) => value as object,
): StreamSource<Value> => ({ type, letter, topic, instrumentOf, show })

export const STREAM_SOURCES = [
  source<Candle>('candle', 'c', candlesTopic, ({ instrument }) => instrument),
  source<Features>('feature', 'f', featuresTopic, ({ instrument }) => instrument),
  source<Prediction>('prediction', 'p', predictionsTopic, ({ instrument }) => instrument, shown),
  source<Outcome>('outcome', 'o', outcomesTopic, ({ instrument }) => instrument),
  source<Alert>(
    'alert',
    'a',
    alertsTopic,
    ({ labels, subject }) => labels['instrument'] ?? subject,
  ),
] as const

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of sources of different values
export type AnySource = StreamSource<any>

/** With the price that the predicted return stands for. */
function shown(prediction: Prediction): object {
  const { referenceClose, predictedReturn } = prediction
  return { ...prediction, predictedClose: referenceClose * (1 + predictedReturn / 100) }
}

/** Index of a source in the table. @throws RangeError for a topic that is not streamed */
export function sourceIndexOf(topicName: string): number {
  const index = STREAM_SOURCES.findIndex(({ topic }) => topic.name === topicName)
  if (index < 0) throw new RangeError(`${topicName} is not streamed`)
  return index
}
