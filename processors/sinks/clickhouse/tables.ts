/**
 * Which topic goes into which table, as data: one table per topic, one row per record, and for every
 * column its type and where its value comes from, a file a subject. The sink itself knows no topic.
 *
 * The columns must exist with exactly these types in `migrations/`; `schema-check.ts` compares them
 * with the store at every start.
 */
import type { AnyTopic, Topic } from '../../../streams/topics.ts'
import { alertDeliveries, alerts, deadLetters } from './alert-tables.ts'
import { drift, driftSummaries } from './drift-tables.ts'
import { candles, examples, features, news, newsDuplicates, sentiment } from './market-tables.ts'
import { modelQuality, modelVersions, outcomes, predictions } from './model-tables.ts'
import type { TableMapping } from './table-mapping.ts'
import { modelEvents, trainingRequests, trainingRuns, trainingTrials } from './training-tables.ts'

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
