/**
 * Who reads and writes which topic: one row a service. The topic reference, the AsyncAPI document and
 * the table of processors are made of it; a test holds it to the topics there are.
 */
import { TABLE_MAPPINGS } from '../../processors/sinks/clickhouse/tables.ts'
import * as topics from '../../streams/topics.ts'
import type { AnyTopic } from '../../streams/topics.ts'

export interface ServiceFlow {
  /** As `candlewire run NAME`, or another command. */
  readonly name: string
  readonly does: string
  readonly reads: readonly AnyTopic[]
  readonly writes: readonly AnyTopic[]
  /** What it keeps between two records, and where that lies. */
  readonly state: string
  /** What more processes of it do. */
  readonly scales: string
}

const {
  candlesTopic: candles,
  newsTopic: news,
  sentimentTopic: sentiment,
  featuresTopic: features,
  deadLettersTopic: deadLetters,
  ingestStateTopic: cursors,
  modelVersionsTopic: versions,
  modelArtifactsTopic: artifacts,
  modelEventsTopic: modelEvents,
  predictionsTopic: predictions,
  trainingRequestsTopic: requests,
  alertsTopic: alerts,
} = topics

const CURSOR = 'a cursor a source in `ingest.state.v1`, in the transaction of the records'
const BY_PARTITION = 'share the partitions'
const ONE = 'wait: one partition'

export const SERVICE_FLOWS: readonly ServiceFlow[] = [
  {
    name: 'produce',
    does: 'files and public data sets',
    reads: [cursors],
    writes: [candles, news, deadLetters, cursors],
    state: CURSOR,
    scales: 'one a file',
  },
  {
    name: 'oanda',
    does: 'live candles of an OANDA account',
    reads: [cursors],
    writes: [candles, deadLetters, cursors],
    state: CURSOR,
    scales: 'one an account',
  },
  {
    name: 'news-sources',
    does: 'feeds and GDELT queries',
    reads: [cursors, news],
    writes: [news, deadLetters, cursors],
    state: CURSOR,
    scales: 'one a list of feeds',
  },
  {
    name: 'sentiment',
    does: 'de-duplicates and scores articles',
    reads: [news],
    writes: [sentiment, topics.newsDuplicatesTopic, deadLetters, topics.sentimentStateTopic],
    state: 'headlines of the last days; snapshots in `sentiment.state.v1`',
    scales: ONE,
  },
  {
    name: 'features',
    does: 'indicators and news of the hour, one vector a minute',
    reads: [candles, sentiment],
    writes: [features, deadLetters, topics.featuresStateTopic],
    state: 'windows and averages an instrument; snapshots in `features.state.v1`',
    scales: BY_PARTITION,
  },
  {
    name: 'labels',
    does: 'what came 30 and 60 minutes later',
    reads: [features],
    writes: [topics.examplesTopic, topics.labelsStateTopic],
    state: 'vectors of the last hour; snapshots in `labels.state.v1`',
    scales: BY_PARTITION,
  },
  {
    name: 'serve',
    does: 'scores, answers, streams, follows the models',
    reads: [features, versions, artifacts, predictions, topics.outcomesTopic, alerts],
    writes: [predictions, news, requests, modelEvents, versions, alerts],
    state: 'the loaded models and the newest of each instrument, read again at every start',
    scales: 'share the partitions of scoring; each answers every request',
  },
  {
    name: 'outcomes',
    does: 'joins predictions with what came',
    reads: [predictions, features],
    writes: [topics.outcomesTopic, topics.modelQualityTopic, alerts, topics.outcomesStateTopic],
    state: 'open predictions and rolling errors; snapshots in `outcomes.state.v1`',
    scales: BY_PARTITION,
  },
  {
    name: 'drift',
    does: 'features and errors against the profile of the live model',
    reads: [features, topics.outcomesTopic, versions, artifacts],
    writes: [
      ...[topics.driftTopic, topics.driftSummariesTopic, alerts, requests],
      ...[topics.driftStateTopic, topics.driftOutcomesStateTopic],
    ],
    state:
      'sliding windows an instrument; snapshots in `drift.state.v1` and `drift-outcomes.state.v1`',
    scales: BY_PARTITION,
  },
  {
    name: 'scheduler',
    does: 'trains by schedule, drift and request',
    reads: [requests, topics.trainingRunsTopic, topics.examplesTopic],
    writes: [
      ...[topics.trainingRunsTopic, topics.trainingTrialsTopic],
      ...[artifacts, versions, modelEvents, alerts],
    ],
    state: 'none of its own: runs are records of `training-runs.v1`',
    scales: 'one works, the others wait',
  },
  {
    name: 'alerts',
    does: 'tells people, once each',
    reads: [alerts, topics.alertDeliveriesTopic],
    writes: [topics.alertDeliveriesTopic, requests],
    state: 'what was delivered, in `alert-deliveries.v1`',
    scales: BY_PARTITION,
  },
  {
    name: 'watch',
    does: 'lag, dead letters, silent sources, disk',
    reads: [candles, deadLetters],
    writes: [alerts],
    state: 'the last looks, in memory',
    scales: 'no use: one is enough',
  },
  {
    name: 'skew',
    does: 'served features against a second path, duplicate keys, look-ahead',
    reads: [topics.featuresTopic, topics.predictionsTopic, topics.proofsTopic],
    writes: [topics.proofsTopic],
    state: 'where it stands, in `proofs.v1`',
    scales: 'no use: one is enough',
  },
  {
    name: 'sink-clickhouse',
    does: 'history',
    reads: [...new Set(TABLE_MAPPINGS.map(({ topic }) => topic))],
    writes: [deadLetters],
    state: 'none: the store keeps the newest by offset',
    scales: BY_PARTITION,
  },
  {
    name: 'sink-redis',
    does: 'the newest vector and the news of the hour',
    reads: [features, news, sentiment],
    writes: [deadLetters],
    state: 'none: a script compares offsets before it writes',
    scales: BY_PARTITION,
  },
  {
    name: 'replay',
    does: 'makes vectors, examples, scores and predictions again and compares the bytes',
    reads: [
      candles,
      news,
      sentiment,
      topics.newsDuplicatesTopic,
      features,
      topics.examplesTopic,
      predictions,
      topics.outcomesTopic,
      versions,
      artifacts,
      deadLetters,
    ],
    writes: [topics.proofsTopic, topics.generationsTopic, topics.promotionsTopic],
    state: 'none',
    scales: 'independent of each other',
  },
  {
    name: 'dead-letters',
    does: 'sends letters again',
    reads: [deadLetters, topics.redrivesTopic],
    writes: [candles, news, topics.redrivesTopic],
    state: 'what was sent again, in `redrives.v1`',
    scales: 'one at a time',
  },
]
