/**
 * What became of the articles about an instrument: what is in news.v1 is counted there, what came of
 * it in ClickHouse, so that the sum is a check.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { newsTopic } from '../../streams/topics.ts'
import { countRows } from '../../processors/sinks/clickhouse/counts.ts'
import type { RunContext } from './run-context.ts'
import type { SentimentCounts } from './summary.ts'

/** A dead letter names its article's instruments in the JSON it keeps; without any, the default is meant. */
const DEAD_SQL = `
  SELECT count() AS rows FROM dead_letters FINAL
  WHERE original_topic = 'news.v1' AND original_offset IS NOT NULL
    AND code IN ('NEWS_INVALID', 'ARTICLE_NOT_SCORED')
    AND (has(JSONExtract(original_bytes, 'instruments', 'Array(String)'), {instrument:String})
      OR ({isDefault:Bool} AND empty(JSONExtract(original_bytes, 'instruments', 'Array(String)'))))`

const MODELS_SQL = `
  SELECT toString(model) AS model, toString(model_sha256) AS sha256, count() AS articles
  FROM sentiment FINAL WHERE instrument = {instrument:String}
  GROUP BY model, sha256 ORDER BY articles DESC, model, sha256`

export async function countSentiment(
  context: RunContext,
  instrument: string,
  noModel: string | undefined,
): Promise<SentimentCounts> {
  const { store, config } = context
  const articles = await articlesOf(context, instrument)
  const isDefault = instrument === config.instrument
  const [dead] = await store.query<{ rows: number }>(DEAD_SQL, { instrument, isDefault })
  const models = await store.query<SentimentCounts['models'][number]>(MODELS_SQL, { instrument })
  const scored = await countRows(store, 'sentiment', instrument)
  const duplicates = await countRows(store, 'news_duplicates', instrument)
  const deadLettered = Number(dead?.rows ?? 0)
  const waiting = articles - scored - duplicates - deadLettered
  return {
    articles,
    scored,
    duplicates,
    deadLettered,
    waiting,
    models: models.map((model) => ({ ...model, articles: Number(model.articles) })),
    noModel: noModel ?? null,
  }
}

/** Some 100,000 records a second. */
async function articlesOf(
  { reader, codecs, config, signal }: RunContext,
  instrument: string,
): Promise<number> {
  const codec = codecs.of(newsTopic)
  const [from, to] = [
    await reader.beginningOffset(newsTopic.name, 0),
    await reader.endOffset(newsTopic.name, 0),
  ]
  /** Undefined for what is no article: nobody can tell what it would have been about. */
  const namedIn = async (value: Buffer): Promise<readonly string[] | undefined> => {
    try {
      if (!codec.knows(value)) await codec.prepare(value)
      return codec.decode(value).instruments
    } catch (thrown) {
      if (thrown instanceof CandlewireError && !thrown.retryable) return undefined
      throw thrown
    }
  }
  let articles = 0
  for await (const records of reader.read(newsTopic.name, 0, from, to)) {
    signal.throwIfAborted()
    for (const { value } of records) {
      if (value === null) continue
      const named = await namedIn(value)
      if ((named?.length === 0 ? [config.instrument] : named)?.includes(instrument) === true)
        articles += 1
    }
  }
  return articles
}
