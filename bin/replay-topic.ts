/** `candlewire replay --topic`: what is derived from vectors and news, made again by the processors' own code. */
import { replayLabels } from '../processors/replay/records/replay-labels.ts'
import { replaySentiments } from '../processors/replay/records/replay-sentiments.ts'
import { proveTopic } from '../processors/replay/records/prove-topic.ts'
import type {
  TopicReplayOptions,
  TopicReplayResult,
} from '../processors/replay/records/topic-replay.ts'
import { readModelRegistry } from '../processors/models/read-registry.ts'
import type { ProofWriter } from '../processors/proofs/proof-writer.ts'
import { replayPredictions } from '../serving/lineage/replay-predictions.ts'
import { qualitySettings } from '../serving/live/quality-settings.ts'
import { KafkaArtifactStore } from '../serving/models/artifact-store.ts'
import { VerifyingLoader } from '../serving/models/model-loader.ts'
import { startThreadedModel } from '../serving/models/threaded-model.ts'
import type { Config } from '../streams/config.ts'
import type { Logger } from '../streams/log.ts'
import { examplesTopic, predictionsTopic, sentimentTopic } from '../streams/topics.ts'

/** What can be asked for by name, beside `features`. */
export const DERIVED_TOPICS = ['sentiments', 'labels', 'predictions'] as const
export type DerivedTopic = (typeof DERIVED_TOPICS)[number]

const NAMES: Readonly<Record<DerivedTopic, string>> = {
  sentiments: sentimentTopic.name,
  labels: examplesTopic.name,
  predictions: predictionsTopic.name,
}

export interface TopicReplay {
  readonly config: Config
  readonly logger: Logger
  readonly options: TopicReplayOptions
  /** Unset: nothing is put on record. */
  readonly proofs: ProofWriter | undefined
}

/** @throws CandlewireError NOT_FOUND, OFFSET_OUT_OF_RANGE */
export function replayTopic(
  topic: DerivedTopic,
  { config, logger, options, proofs }: TopicReplay,
): Promise<TopicReplayResult> {
  const replay = (given: TopicReplayOptions) => replayOf(topic, config, logger, given)
  return proofs === undefined ? replay(options) : proveTopic(proofs, NAMES[topic], options, replay)
}

async function replayOf(
  topic: DerivedTopic,
  config: Config,
  logger: Logger,
  options: TopicReplayOptions,
): Promise<TopicReplayResult> {
  if (topic === 'labels') return replayLabels(options)
  if (topic === 'sentiments') return replaySentiments({ ...options, config })
  const { reader, codecs } = options
  const artifacts = new KafkaArtifactStore(reader, codecs)
  return replayPredictions({
    ...options,
    registry: await readModelRegistry(reader, codecs),
    loader: new VerifyingLoader(artifacts, startThreadedModel, logger),
    quality: qualitySettings(config),
  })
}
