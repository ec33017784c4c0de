/**
 * Reproduces a past vector or prediction from Kafka alone.
 *
 *   1. the candles of the instrument are replayed from the beginning to the candle of the vector,
 *      taking articles only up to the cut of its lineage;
 *   2. what the processor's own step makes is compared with the published record, byte for byte;
 *   3. the model is fetched by its digest, verified, and scores the replayed vector; its answer is
 *      compared with the published one, bit for bit.
 */
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import type { Instruments } from '../../processors/instruments/instruments.ts'
import { differingFields } from '../../processors/replay/differing-fields.ts'
import { replayPairs } from '../../processors/replay/replay-partition.ts'
import type { Features } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import type { ModelLoader } from '../models/model-loader.ts'
import { readOutput, type ModelOutput } from '../models/model-output.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import type { FoundRecord, LogClients } from './find-record.ts'
import type { PredictionLineage } from './prediction-lineage.ts'

export interface VectorExplanation {
  /** Undefined if the inputs do not make a vector of this bar. */
  readonly replayed: Features | undefined
  readonly identical: boolean
  /** Field by field, in words; empty where the bytes differ but no value does. */
  readonly differences: readonly string[]
  readonly candlesReplayed: number
}

export interface ScoreExplanation {
  readonly published: number
  /** Undefined if the model cannot be loaded any more. */
  readonly reproduced: number | undefined
  readonly identical: boolean
  /** Why there is no score, in words. */
  readonly problem: string | undefined
}

export interface ReplayWith {
  readonly instruments: Instruments
  readonly signal: AbortSignal
  readonly onProgress: (candles: number) => void
}

/** @throws CandlewireError NOT_FOUND if the vector names no candle, OFFSET_OUT_OF_RANGE if candles are gone */
export async function explainVector(
  { reader, codecs }: LogClients,
  vector: FoundRecord<Features>,
  { instruments, signal, onProgress }: ReplayWith,
): Promise<VectorExplanation> {
  const made = vector.value.lineage.find(({ topic }) => topic === candlesTopic.name)
  if (made === undefined)
    throw new CandlewireError('NOT_FOUND', 'The vector names no candle that it was made from')
  const { instrument, eventTimeMs } = vector.value
  let replayed: Features | undefined
  const candlesReplayed = await replayPairs(
    {
      reader,
      codecs,
      processor: featuresProcessor(instruments),
      partition: made.partition,
      committed: made.toOffset + 1,
      range: {
        fromMs: eventTimeMs,
        toMs: eventTimeMs,
        fromOffset: made.toOffset,
        toOffset: made.toOffset,
        instrument,
      },
      signal,
      onProgress,
    },
    (_published, now) => {
      replayed ??= now
    },
  )
  const identical =
    replayed !== undefined && codecs.of(featuresTopic).encode(replayed).equals(vector.bytes)
  const differences =
    replayed === undefined || identical ? [] : differingFields(vector.value, replayed)
  return { replayed, identical, differences, candlesReplayed }
}

/** Scores a vector with the model of a prediction and compares the answers. */
export async function explainScore(
  loader: ModelLoader,
  { prediction: { value: prediction }, model }: PredictionLineage,
  vector: Features,
): Promise<ScoreExplanation> {
  // A regression says a probability too, but from past outcomes, not by its model.
  const saidBy = ({
    predictedReturn,
    probability,
  }: Pick<ModelOutput, 'predictedReturn' | 'probability'>) =>
    prediction.objective === 'classification' ? (probability ?? NaN) : predictedReturn
  const published = saidBy(prediction)
  const without = (problem: string) => ({
    published,
    reproduced: undefined,
    identical: false,
    problem,
  })
  const { modelName, modelVersion, modelSha256 } = prediction
  if (model === undefined)
    return without(`the registry does not know ${modelName} ${modelVersion} any more`)
  if (model.artifactSha256 !== modelSha256)
    return without(`the registry has ${model.artifactSha256} for it now, it was ${modelSha256}`)
  try {
    const loaded = await loader.load(model)
    try {
      const matrix = new Float32Array(model.inputColumns.length)
      rowWriterOf(model)(vector, matrix, 0)
      const [output = NaN] = await loaded.score(matrix, 1)
      const reproduced = saidBy(readOutput(model.objective, output))
      return {
        published,
        reproduced,
        identical: Object.is(reproduced, published),
        problem: undefined,
      }
    } finally {
      await loaded.close()
    }
  } catch (thrown) {
    if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
    return without(messageOf(thrown))
  }
}
