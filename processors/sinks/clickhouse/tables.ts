/**
 * Which topic goes into which table, as data: one table per topic, one row per record, and for every
 * column its type and where its value comes from. The sink itself knows no topic.
 *
 * The columns must exist with exactly these types in `migrations/`; `schema-check.ts` compares them
 * with the store at every start.
 */
import type {
  Alert,
  AlertDelivery,
  Candle,
  DeadLetter,
  Example,
  Features,
  FeatureValues,
  ModelQuality,
  ModelRegistryEntry,
  News,
  NewsDuplicate,
  Outcome,
  Prediction,
  Sentiment,
  SplitMetrics,
} from '../../../schemas/generated.ts'
import {
  alertDeliveriesTopic,
  alertsTopic,
  candlesTopic,
  deadLettersTopic,
  examplesTopic,
  featuresTopic,
  modelQualityTopic,
  modelVersionsTopic,
  newsDuplicatesTopic,
  newsTopic,
  outcomesTopic,
  predictionsTopic,
  sentimentTopic,
  type AnyTopic,
  type Topic,
} from '../../../streams/topics.ts'
import { drift, driftSummaries } from './drift-tables.ts'
import { exactJson } from '../exact-json.ts'
import { FEATURE_COLUMNS } from './feature-columns.ts'
import {
  mapping,
  NAME,
  OPTIONAL_DOUBLE,
  OPTIONAL_LONG,
  OPTIONAL_NAME,
  OPTIONAL_TIME,
  TIME,
  type TableMapping,
} from './table-mapping.ts'
import { modelEvents, trainingRequests, trainingRuns, trainingTrials } from './training-tables.ts'

const candles = mapping<Candle>(candlesTopic, 'candles', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, candlesTopic.eventTimeMsOf],
  open: ['Float64', (v) => v.open],
  high: ['Float64', (v) => v.high],
  low: ['Float64', (v) => v.low],
  close: ['Float64', (v) => v.close],
  volume: [OPTIONAL_DOUBLE, (v) => v.volume],
  bid_close: [OPTIONAL_DOUBLE, (v) => v.bidClose],
  ask_close: [OPTIONAL_DOUBLE, (v) => v.askClose],
  bid_size: [OPTIONAL_DOUBLE, (v) => v.bidSize],
  ask_size: [OPTIONAL_DOUBLE, (v) => v.askSize],
  source: [NAME, (v) => v.source],
  source_line: [OPTIONAL_LONG, (v) => v.sourceLine],
})

const news = mapping<News>(newsTopic, 'news', {
  article_id: ['String', (v) => v.articleId],
  instruments: [`Array(${NAME})`, (v) => v.instruments],
  published_at: [TIME, (v) => v.publishedAtMs],
  available_at: [TIME, (v) => v.availableAtMs],
  title: ['String', (v) => v.title],
  body: ['Nullable(String)', (v) => v.body],
  source: [NAME, (v) => v.source],
  url: ['Nullable(String)', (v) => v.url],
  author: ['Nullable(String)', (v) => v.author],
  language: [OPTIONAL_NAME, (v) => v.language],
  recorded_positive: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.positive],
  recorded_negative: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.negative],
  recorded_neutral: [OPTIONAL_DOUBLE, (v) => v.recordedSentiment?.neutral],
  recorded_model: [OPTIONAL_NAME, (v) => v.recordedSentiment?.model],
  provenance: [NAME, (v) => v.provenance],
  source_line: [OPTIONAL_LONG, (v) => v.sourceLine],
})

const sentiment = mapping<Sentiment>(sentimentTopic, 'sentiment', {
  instrument: [NAME, (v) => v.instrument],
  available_at: [TIME, (v) => v.availableAtMs],
  article_id: ['String', (v) => v.articleId],
  published_at: [OPTIONAL_TIME, (v) => v.publishedAtMs],
  positive: ['Float64', (v) => v.positive],
  negative: ['Float64', (v) => v.negative],
  neutral: ['Float64', (v) => v.neutral],
  score: ['Float64', (v) => v.score],
  confidence: ['Float64', (v) => v.confidence],
  title: ['String', (v) => v.title],
  source: [NAME, (v) => v.source],
  url: ['Nullable(String)', (v) => v.url],
  model: [NAME, (v) => v.model],
  model_sha256: [NAME, (v) => v.modelSha256],
  news_offset: [OPTIONAL_LONG, (v) => v.lineage[0]?.fromOffset],
})

const newsDuplicates = mapping<NewsDuplicate>(newsDuplicatesTopic, 'news_duplicates', {
  instrument: [NAME, (v) => v.instrument],
  available_at: [TIME, (v) => v.availableAtMs],
  article_id: ['String', (v) => v.articleId],
  duplicate_of: ['String', (v) => v.duplicateOf],
  reason: [NAME, (v) => v.reason],
  title: ['String', (v) => v.title],
  source: [NAME, (v) => v.source],
  news_offset: ['Int64', (v) => v.lineage[0]?.fromOffset],
})

const features = mapping<Features>(featuresTopic, 'features', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  close: ['Float64', (v) => v.close],
  feature_set: [NAME, (v) => v.featureSet],
  feature_set_fingerprint: [NAME, (v) => v.featureSetFingerprint],
  recent_returns: [`Array(${OPTIONAL_DOUBLE})`, (v) => v.recentReturns],
  ...Object.fromEntries(
    FEATURE_COLUMNS.map(
      ({ name, type }) =>
        [name, [type, (v: Features) => v.values[name as keyof FeatureValues]]] as const,
    ),
  ),
})

const examples = mapping<Example>(examplesTopic, 'examples', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  close: ['Float64', (v) => v.close],
  feature_set: [NAME, (v) => v.featureSet],
  feature_set_fingerprint: [NAME, (v) => v.featureSetFingerprint],
  forward_return_30: [OPTIONAL_DOUBLE, (v) => v.forwardReturn30],
  label_time: [TIME, (v) => v.labelTimeMs],
  forward_return_60: [OPTIONAL_DOUBLE, (v) => v.forwardReturn60],
  label_60_time: [OPTIONAL_TIME, (v) => v.label60TimeMs],
})

const metric = (name: keyof SplitMetrics) => (v: ModelRegistryEntry) =>
  (v.version?.metrics ?? []).map((split) => split[name])

const modelVersions = mapping<ModelRegistryEntry>(modelVersionsTopic, 'model_versions', {
  model_name: [NAME, (v) => v.version?.modelName ?? v.alias?.modelName ?? v.stage?.modelName ?? ''],
  key: ['String', (v) => v.key],
  kind: [NAME, (v) => (v.version !== null ? 'version' : v.alias !== null ? 'alias' : 'stage')],
  event_time: [TIME, (v) => v.eventTimeMs],
  version: ['String', (v) => v.version?.version ?? v.alias?.version ?? v.stage?.version ?? ''],
  alias: [NAME, (v) => v.alias?.alias ?? ''],
  weight: [OPTIONAL_DOUBLE, (v) => v.alias?.weight],
  reason: ['String', (v) => v.alias?.reason ?? v.stage?.reason ?? ''],
  algorithm: [NAME, (v) => v.version?.algorithm ?? ''],
  horizon_minutes: ['Nullable(Int32)', (v) => v.version?.horizonMinutes],
  feature_set: [NAME, (v) => v.version?.featureSet ?? ''],
  feature_set_fingerprint: ['String', (v) => v.version?.featureSetFingerprint ?? ''],
  input_columns: ['Array(String)', (v) => v.version?.inputColumns ?? []],
  artifact_sha256: ['String', (v) => v.version?.artifactSha256 ?? ''],
  artifact_bytes: [OPTIONAL_LONG, (v) => v.version?.artifactBytes],
  trained_until: [`Nullable(${TIME})`, (v) => v.version?.trainedUntilMs],
  dataset_rows: [OPTIONAL_LONG, (v) => v.version?.datasetRows],
  dataset_digest: ['String', (v) => v.version?.datasetDigest ?? ''],
  beats_zero_forecast: ['Nullable(Bool)', (v) => v.version?.beatsZeroForecast],
  parameters: ['Map(String, String)', (v) => v.version?.parameters ?? {}],
  'metrics.split': ['Array(String)', metric('split')],
  'metrics.rows': ['Array(Int64)', metric('rows')],
  'metrics.rmse': ['Array(Float64)', metric('rmse')],
  'metrics.mae': ['Array(Float64)', metric('mae')],
  'metrics.r2': ['Array(Float64)', metric('r2')],
  'metrics.r2_vs_zero': ['Array(Float64)', metric('r2VsZero')],
  'metrics.directional_accuracy': ['Array(Float64)', metric('directionalAccuracy')],
  'metrics.zero_rmse': ['Array(Float64)', metric('zeroRmse')],
  'metrics.zero_mae': ['Array(Float64)', metric('zeroMae')],
  code_version: ['String', (v) => v.version?.codeVersion ?? ''],
  parent: ['String', (v) => v.version?.parent ?? ''],
  entry_json: ['String', withoutGoldenRows],
  stage: [NAME, (v) => v.stage?.stage ?? ''],
  objective: [NAME, (v) => v.version?.objective ?? ''],
  run_id: ['String', (v) => v.version?.runId ?? ''],
  gate_passed: ['Nullable(Bool)', (v) => v.version?.gate?.passed],
  gate_reasons: ['Array(String)', (v) => v.version?.gate?.reasons ?? []],
  manifest_digest: ['String', (v) => v.version?.manifestDigest ?? ''],
})

/** Golden rows are for the server's verification and would be most of the text. */
function withoutGoldenRows(entry: ModelRegistryEntry): string {
  if (entry.version === null) return exactJson(entry)
  const { goldenInputs: _inputs, goldenOutputs: _outputs, ...version } = entry.version
  return exactJson({ ...entry, version })
}

const predictions = mapping<Prediction>(predictionsTopic, 'predictions', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  target_time: [TIME, (v) => v.targetTimeMs],
  model_name: [NAME, (v) => v.modelName],
  model_version: [NAME, (v) => v.modelVersion],
  model_sha256: [NAME, (v) => v.modelSha256],
  role: [NAME, (v) => v.role],
  feature_set_fingerprint: [NAME, (v) => v.featureSetFingerprint],
  horizon_minutes: ['Int32', (v) => v.horizonMinutes],
  predicted_return: ['Float64', (v) => v.predictedReturn],
  reference_close: ['Float64', (v) => v.referenceClose],
  features_missing: ['Int32', (v) => v.featuresMissing],
  objective: [NAME, (v) => v.objective],
  is_answer: ['Bool', (v) => v.isAnswer],
  probability: [OPTIONAL_DOUBLE, (v) => v.probability],
  confidence: [OPTIONAL_DOUBLE, (v) => v.confidence],
  signal_strength: [OPTIONAL_DOUBLE, (v) => v.signalStrength],
  interval_low: [OPTIONAL_DOUBLE, (v) => v.intervalLow],
  interval_high: [OPTIONAL_DOUBLE, (v) => v.intervalHigh],
  interval_coverage: [OPTIONAL_DOUBLE, (v) => v.intervalCoverage],
  interval_outcomes: ['Int32', (v) => v.intervalOutcomes],
  feature_age_ms: [OPTIONAL_LONG, (v) => v.featureAgeMs],
  abstain_reason: [NAME, (v) => v.abstainReason ?? ''],
  test_error: [OPTIONAL_DOUBLE, (v) => v.testError],
})

const outcomes = mapping<Outcome>(outcomesTopic, 'outcomes', {
  instrument: [NAME, (v) => v.instrument],
  open_time: [TIME, (v) => v.openTimeMs],
  target_time: [TIME, (v) => v.targetTimeMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  model_name: [NAME, (v) => v.modelName],
  model_version: [NAME, (v) => v.modelVersion],
  role: [NAME, (v) => v.role],
  objective: [NAME, (v) => v.objective],
  horizon_minutes: ['Int32', (v) => v.horizonMinutes],
  status: [NAME, (v) => v.status],
  predicted_return: ['Float64', (v) => v.predictedReturn],
  realized_return: [OPTIONAL_DOUBLE, (v) => v.realizedReturn],
  reference_close: [OPTIONAL_DOUBLE, (v) => v.referenceClose],
  realized_close: [OPTIONAL_DOUBLE, (v) => v.realizedClose],
  probability: [OPTIONAL_DOUBLE, (v) => v.probability],
  interval_low: [OPTIONAL_DOUBLE, (v) => v.intervalLow],
  interval_high: [OPTIONAL_DOUBLE, (v) => v.intervalHigh],
  interval_coverage: [OPTIONAL_DOUBLE, (v) => v.intervalCoverage],
  abstained: ['Bool', (v) => v.abstained],
  test_error: [OPTIONAL_DOUBLE, (v) => v.testError],
})

const modelQuality = mapping<ModelQuality>(modelQualityTopic, 'model_quality', {
  instrument: [NAME, (v) => v.instrument],
  model_name: [NAME, (v) => v.modelName],
  model_version: [NAME, (v) => v.modelVersion],
  window_minutes: ['Int32', (v) => v.windowMinutes],
  event_time: [TIME, (v) => v.eventTimeMs],
  role: [NAME, (v) => v.role],
  objective: [NAME, (v) => v.objective],
  horizon_minutes: ['Int32', (v) => v.horizonMinutes],
  outcomes: ['Int32', (v) => v.outcomes],
  unknowable: ['Int64', (v) => v.unknowable],
  rmse: [OPTIONAL_DOUBLE, (v) => v.rmse],
  mae: [OPTIONAL_DOUBLE, (v) => v.mae],
  bias: [OPTIONAL_DOUBLE, (v) => v.bias],
  zero_rmse: [OPTIONAL_DOUBLE, (v) => v.zeroRmse],
  zero_mae: [OPTIONAL_DOUBLE, (v) => v.zeroMae],
  r2_vs_zero: [OPTIONAL_DOUBLE, (v) => v.r2VsZero],
  directional_accuracy: [OPTIONAL_DOUBLE, (v) => v.directionalAccuracy],
  up_share: [OPTIONAL_DOUBLE, (v) => v.upShare],
  brier: [OPTIONAL_DOUBLE, (v) => v.brier],
  zero_brier: [OPTIONAL_DOUBLE, (v) => v.zeroBrier],
  log_loss: [OPTIONAL_DOUBLE, (v) => v.logLoss],
  calibration_error: [OPTIONAL_DOUBLE, (v) => v.calibrationError],
  coverage: [OPTIONAL_DOUBLE, (v) => v.coverage],
  coverage_expected: [OPTIONAL_DOUBLE, (v) => v.coverageExpected],
  interval_width: [OPTIONAL_DOUBLE, (v) => v.intervalWidth],
  interval_outcomes: ['Int32', (v) => v.intervalOutcomes],
  test_error: [OPTIONAL_DOUBLE, (v) => v.testError],
  estimated_error: [OPTIONAL_DOUBLE, (v) => v.estimatedError],
  estimate_mae: [OPTIONAL_DOUBLE, (v) => v.estimateMae],
  naive_estimate_mae: [OPTIONAL_DOUBLE, (v) => v.naiveEstimateMae],
  constant_estimate_mae: [OPTIONAL_DOUBLE, (v) => v.constantEstimateMae],
  estimates_judged: ['Int32', (v) => v.estimatesJudged],
})

const alerts = mapping<Alert>(alertsTopic, 'alerts', {
  event_time: [TIME, (v) => v.eventTimeMs],
  fingerprint: ['String', (v) => v.fingerprint],
  kind: [NAME, (v) => v.kind],
  subject: [NAME, (v) => v.subject],
  severity: [NAME, (v) => v.severity],
  state: [NAME, (v) => v.state],
  message: ['String', (v) => v.message],
  labels: ['Map(String, String)', (v) => v.labels],
  value: [OPTIONAL_DOUBLE, (v) => v.value],
  threshold: [OPTIONAL_DOUBLE, (v) => v.threshold],
  expected_false_alarms: [OPTIONAL_DOUBLE, (v) => v.expectedFalseAlarms],
  runbook: ['String', (v) => v.runbook],
})

const alertDeliveries = mapping<AlertDelivery>(alertDeliveriesTopic, 'alert_deliveries', {
  sent_at: [TIME, (v) => v.sentAtMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  fingerprint: ['String', (v) => v.fingerprint],
  kind: [NAME, (v) => v.kind],
  subject: [NAME, (v) => v.subject],
  severity: [NAME, (v) => v.severity],
  state: [NAME, (v) => v.state],
  channel: [NAME, (v) => v.channel],
  outcome: [NAME, (v) => v.outcome],
  attempts: ['Int32', (v) => v.attempts],
  detail: ['String', (v) => v.detail],
  idempotence_key: ['String', (v) => v.idempotenceKey],
  alert_partition: ['Int32', (v) => v.sourcePartition],
  alert_offset: ['Int64', (v) => v.sourceOffset],
})

const deadLetters = mapping<DeadLetter>(deadLettersTopic, 'dead_letters', {
  original_topic: [NAME, (v) => v.sourceTopic],
  original_partition: ['Nullable(Int32)', (v) => v.sourcePartition],
  original_offset: [OPTIONAL_LONG, (v) => v.sourceOffset],
  original_file: ['Nullable(String)', (v) => v.sourceFile],
  original_line: [OPTIONAL_LONG, (v) => v.sourceLine],
  event_time: [TIME, (v) => v.eventTimeMs],
  code: [NAME, (v) => v.code],
  cause: ['String', (v) => v.cause],
  schema_id: ['Nullable(Int32)', (v) => v.schemaId],
  original_key: ['String', (v) => v.originalKey],
  original_bytes: ['String', (v) => v.originalBytes],
})

/** A mapping whose value type is erased: values reach it only through the codec of its own topic. */
export type AnyMapping = TableMapping<unknown>

/** Every table the sink fills. */
export const TABLE_MAPPINGS: readonly AnyMapping[] = [
  candles,
  news,
  sentiment,
  newsDuplicates,
  features,
  examples,
  modelVersions,
  modelEvents,
  trainingRequests,
  trainingRuns,
  trainingTrials,
  predictions,
  outcomes,
  modelQuality,
  alerts,
  alertDeliveries,
  driftSummaries,
  drift,
  deadLetters,
].map((entry) => entry as unknown as AnyMapping)

/**
 * What these topics fill: a topic goes where its schema goes, whatever its name. Topics without a
 * table are left out.
 */
export const mappingsOf = (topics: readonly AnyTopic[]): readonly AnyMapping[] =>
  topics.flatMap((topic) =>
    TABLE_MAPPINGS.filter((entry) => entry.topic.schemaFile === topic.schemaFile).map((entry) => ({
      ...entry,
      topic: topic as Topic<unknown>,
    })),
  )
