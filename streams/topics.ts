/**
 * Every topic of the pipeline, as data: name, schema, key, event time, cleanup and retention.
 *
 * Topics are created from this table and from nowhere else. Keys partition by instrument, so the
 * inputs of a processor are co-partitioned and more processes share the partitions.
 */
import type {
  Alert,
  AlertDelivery,
  Candle,
  DeadLetter,
  Drift,
  DriftSummary,
  Example,
  Features,
  Generation,
  ModelArtifact,
  ModelEvent,
  ModelQuality,
  ModelRegistryEntry,
  News,
  NewsDuplicate,
  Outcome,
  Prediction,
  ProcessorSnapshot,
  Promotion,
  Proof,
  Redrive,
  Sentiment,
  SourceCursor,
  TrainingRequest,
  TrainingRun,
  TrainingTrial,
} from '../schemas/generated.ts'

/** A topic is data. `Value` is generated from its .avsc; the codec refuses anything else. */
export interface Topic<Value> {
  readonly name: string
  /** File in `schemas/`, without folder. */
  readonly schemaFile: string
  readonly cleanup: 'delete' | 'compact'
  /** 'configured': TOPIC_PARTITIONS; 'single': one partition, for totally ordered small topics. */
  readonly partitions: 'configured' | 'single'
  /** Largest record batch in bytes; unset: the broker's default of 1 MiB. */
  readonly maxMessageBytes?: number
  readonly keyOf: (value: Value) => string
  readonly eventTimeMsOf: (value: Value) => number
}

const topic = <Value>(
  name: string,
  schemaFile: string,
  cleanup: 'delete' | 'compact',
  keyOf: (value: Value) => string,
  eventTimeMsOf: (value: Value) => number,
  more: { partitions?: 'single'; maxMessageBytes?: number } = {},
): Topic<Value> => ({
  name,
  schemaFile,
  cleanup,
  partitions: 'configured',
  keyOf,
  eventTimeMsOf,
  ...more,
})

const single = { partitions: 'single' } as const

export const CANDLE_MS = 60_000

export const candlesTopic = topic<Candle>(
  'candles.v1',
  'candle.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.openTimeMs + CANDLE_MS,
)
/** One partition: de-duplication across sources needs one order of all articles (docs/adr/0016). */
export const newsTopic = topic<News>(
  'news.v1',
  'news.avsc',
  'delete',
  (v) => v.articleId,
  (v) => v.availableAtMs,
  single,
)
/** Articles that repeat another: with sentiment and dead letters, every article of news.v1 once. */
export const newsDuplicatesTopic = topic<NewsDuplicate>(
  'news-duplicates.v1',
  'news-duplicate.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.availableAtMs,
  single,
)
export const sentimentTopic = topic<Sentiment>(
  'sentiment.v1',
  'sentiment.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.availableAtMs,
)
export const featuresTopic = topic<Features>(
  'features.v1',
  'features.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
export const examplesTopic = topic<Example>(
  'examples.v1',
  'example.avsc',
  'compact',
  (v) => `${v.instrument}@${v.openTimeMs}`,
  (v) => v.eventTimeMs,
)
export const modelVersionsTopic = topic<ModelRegistryEntry>(
  'model-versions.v1',
  'model-registry-entry.avsc',
  'compact',
  (v) => v.key,
  (v) => v.eventTimeMs,
  single,
)
export const modelEventsTopic = topic<ModelEvent>(
  'model-events.v1',
  'model-event.avsc',
  'delete',
  (v) => v.modelName,
  (v) => v.eventTimeMs,
  single,
)
export const modelArtifactsTopic = topic<ModelArtifact>(
  'model-artifacts.v1',
  'model-artifact.avsc',
  'compact',
  (v) => v.sha256,
  (v) => v.eventTimeMs,
  { ...single, maxMessageBytes: 67_108_864 },
)
/** Asked-for training runs: the first record of an id counts. */
export const trainingRequestsTopic = topic<TrainingRequest>(
  'training-requests.v1',
  'training-request.avsc',
  'delete',
  (v) => v.requestId,
  (v) => v.requestedAtMs,
  single,
)
/** Where each run stands. A run is an act of the outside world: its times are wall-clock times. */
export const trainingRunsTopic = topic<TrainingRun>(
  'training-runs.v1',
  'training-run.avsc',
  'compact',
  (v) => v.runId,
  (v) => v.updatedAtMs,
  single,
)
export const trainingTrialsTopic = topic<TrainingTrial>(
  'training-trials.v1',
  'training-trial.avsc',
  'delete',
  (v) => v.runId,
  (v) => v.finishedAtMs,
  single,
)
export const predictionsTopic = topic<Prediction>(
  'predictions.v1',
  'prediction.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
export const outcomesTopic = topic<Outcome>(
  'outcomes.v1',
  'outcome.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
/** Rolling quality of each model version, recomputed every few minutes of event time. */
export const modelQualityTopic = topic<ModelQuality>(
  'model-quality.v1',
  'model-quality.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
export const driftTopic = topic<Drift>(
  'drift.v1',
  'drift.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
/** The verdict on every vector; `drift.v1` has the changes of single measures. */
export const driftSummariesTopic = topic<DriftSummary>(
  'drift-summaries.v1',
  'drift-summary.avsc',
  'delete',
  (v) => v.instrument,
  (v) => v.eventTimeMs,
)
export const alertsTopic = topic<Alert>(
  'alerts.v1',
  'alert.avsc',
  'delete',
  (v) => v.subject,
  (v) => v.eventTimeMs,
)
/** What became of each alert: the history, and the memory, of the alerts service. */
export const alertDeliveriesTopic = topic<AlertDelivery>(
  'alert-deliveries.v1',
  'alert-delivery.avsc',
  'delete',
  (v) => v.subject,
  (v) => v.eventTimeMs,
)
export const deadLettersTopic = topic<DeadLetter>(
  'dead-letters.v1',
  'dead-letter.avsc',
  'delete',
  (v) => v.sourceTopic,
  (v) => v.eventTimeMs,
)
/** Which dead letters were sent again. */
export const redrivesTopic = topic<Redrive>(
  'redrives.v1',
  'redrive.avsc',
  'compact',
  (v) => v.letterId,
  (v) => v.eventTimeMs,
  single,
)
/** What the pipeline's checks of itself have found; the newest per proof and scope counts. */
export const proofsTopic = topic<Proof>(
  'proofs.v1',
  'proof.avsc',
  'compact',
  (v) => `${v.proof}/${v.scope}`,
  (v) => v.shownAt,
  single,
)
/** Shadow generations of features, by name. */
export const generationsTopic = topic<Generation>(
  'generations.v1',
  'generation.avsc',
  'compact',
  (v) => v.generation,
  (v) => v.changedAt,
  single,
)
/** Which generation readers see: the newest record counts, all of them are the history. */
export const promotionsTopic = topic<Promotion>(
  'promotions.v1',
  'promotion.avsc',
  'delete',
  () => 'features',
  (v) => v.promotedAt,
  single,
)
/** How far each input file or feed has been read: a producer's state. */
export const ingestStateTopic = topic<SourceCursor>(
  'ingest.state.v1',
  'source-cursor.avsc',
  'compact',
  (v) => v.sourceId,
  (v) => v.eventTimeMs,
  single,
)

const stateTopic = (processor: string, more: { partitions?: 'single' } = {}) =>
  topic<ProcessorSnapshot>(
    `${processor}.state.v1`,
    'processor-snapshot.avsc',
    'compact',
    (v) => `${v.partition}/${v.key}`,
    (v) => v.eventTimeMs,
    { ...more, maxMessageBytes: 16_777_216 },
  )
export const featuresStateTopic = stateTopic('features')
export const labelsStateTopic = stateTopic('labels')
export const driftStateTopic = stateTopic('drift')
export const driftOutcomesStateTopic = stateTopic('drift-outcomes')
export const outcomesStateTopic = stateTopic('outcomes')
/** The processor of `news.v1`, which has one partition. */
export const sentimentStateTopic = stateTopic('sentiment', single)

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of topics of different values
export type AnyTopic = Topic<any>

export const ALL_TOPICS: readonly AnyTopic[] = [
  candlesTopic,
  newsTopic,
  newsDuplicatesTopic,
  sentimentTopic,
  featuresTopic,
  examplesTopic,
  modelVersionsTopic,
  modelEventsTopic,
  modelArtifactsTopic,
  trainingRequestsTopic,
  trainingRunsTopic,
  trainingTrialsTopic,
  predictionsTopic,
  outcomesTopic,
  modelQualityTopic,
  driftTopic,
  driftSummariesTopic,
  alertsTopic,
  alertDeliveriesTopic,
  deadLettersTopic,
  redrivesTopic,
  proofsTopic,
  generationsTopic,
  promotionsTopic,
  ingestStateTopic,
  featuresStateTopic,
  labelsStateTopic,
  driftStateTopic,
  driftOutcomesStateTopic,
  outcomesStateTopic,
  sentimentStateTopic,
]

/** The wire topic a value of this topic is registered under in the schema registry. */
export const subjectOf = (topic: AnyTopic): string => `${topic.name}-value`
