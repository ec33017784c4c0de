/**
 * The features processor as the look-ahead check takes it: the very step that runs in the stream, fed
 * with candles and scored articles.
 *
 * All articles are handed over before the first candle, as when history is read from a file: what is
 * not available yet already lies in the state, which is where a leak would come from.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import { candlesTopic, featuresTopic, sentimentTopic } from '../../../streams/topics.ts'
import type { Processor } from '../../runtime/processor.ts'
import type { CheckedInput, CheckedVector, Computation, SteppedRun } from './computation.ts'
import { standInSentiment } from './stand-in-sentiment.ts'

export function processorComputation<State extends object>(
  processor: Processor<Candle, State>,
): { readonly compute: Computation; readonly open: () => SteppedRun } {
  return {
    compute: (input) => vectorsOf(processor, input),
    open: () => new ProcessorRun(processor, undefined, 0),
  }
}

/** Candles that the processor has nothing against, such as their time of day. */
export const acceptedCandles = <State extends object>(
  processor: Processor<Candle, State>,
  candles: readonly Candle[],
): Candle[] =>
  candles.filter(
    (value) =>
      processor.refuse?.({ topic: candlesTopic.name, partition: 0, offset: 0, value }) ===
      undefined,
  )

function* vectorsOf<State extends object>(
  processor: Processor<Candle, State>,
  { candles, articles }: CheckedInput,
): Generator<CheckedVector> {
  const run = new ProcessorRun(processor, undefined, 0)
  for (const article of articles) run.takeArticle(article)
  for (const candle of candles) yield* run.takeCandle(candle)
}

class ProcessorRun<State extends object> implements SteppedRun {
  private readonly processor: Processor<Candle, State>
  /** Made when the instrument is known. */
  private state: State | undefined
  private offset: number

  constructor(processor: Processor<Candle, State>, state: State | undefined, offset: number) {
    this.processor = processor
    this.state = state
    this.offset = offset
  }

  takeArticle(article: News): void {
    const { sideInput } = this.processor
    if (sideInput === undefined) return
    for (const value of standInSentiment(article))
      sideInput.take(this.stateOf(value.instrument), {
        topic: sentimentTopic.name,
        partition: 0,
        offset: this.offset++,
        value,
      })
  }

  takeCandle(value: Candle): readonly CheckedVector[] {
    const record = { topic: candlesTopic.name, partition: 0, offset: this.offset++, value }
    if (this.processor.refuse?.(record) !== undefined) return []
    const outputs = this.processor.step(this.stateOf(value.instrument), record)
    return outputs.flatMap((output) =>
      output.topic === featuresTopic ? [output.value as CheckedVector] : [],
    )
  }

  fork(): SteppedRun {
    return new ProcessorRun(this.processor, structuredClone(this.state), this.offset)
  }

  private stateOf(instrument: string): State {
    return (this.state ??= this.processor.initial(instrument))
  }
}
