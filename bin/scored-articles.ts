/**
 * The scored articles of a file, in its order: from news through the sentiment processor's own step
 * (repeats left out) and its model, or as records of `sentiment.v1` that somebody wrote into a file.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import avsc from 'avsc'
import type { News, Sentiment } from '../schemas/generated.ts'
import type { Outgoing } from '../processors/runtime/processor.ts'
import { ArticleScoring } from '../processors/sentiment/article-scoring.ts'
import { LazyModel } from '../processors/sentiment/lazy-model.ts'
import { sentimentProcessor } from '../processors/sentiment/sentiment-processor.ts'
import { readSchema } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import { createLogger } from '../streams/log.ts'
import { readNewsFile } from '../streams/sources/news-file.ts'
import { newsTopic, sentimentTopic } from '../streams/topics.ts'
import { startProgress } from './progress.ts'
import { openSentiment } from './open-sentiment.ts'

/** Articles scored together, as in a transaction of the stream. */
const ARTICLES_AT_A_TIME = 64

export interface ArticleFiles {
  readonly news: string | undefined
  readonly sentiment: string | undefined
}

/** @throws CandlewireError FILE_UNREADABLE, FORMAT_UNKNOWN, NEWS_INVALID, and what the model throws */
export async function* scoredArticles(
  { news, sentiment }: ArticleFiles,
  config: Config,
): AsyncGenerator<Sentiment> {
  if (sentiment !== undefined) yield* recordsOf(sentiment)
  if (news !== undefined) yield* scored(news, config)
}

async function* scored(path: string, config: Config): AsyncGenerator<Sentiment> {
  const logger = createLogger({ logLevel: 'warn' }, 'features')
  const model = new LazyModel((signal) => openSentiment(config, logger, signal), logger)
  const scoring = new ArticleScoring(model)
  const processor = sentimentProcessor(config, scoring.finish)
  const seen = processor.initial('news')
  let offset = 0
  let outputs: Outgoing[] = []
  const progress = startProgress({ label: 'Scoring', unit: 'articles' })
  const finished = async function* (): AsyncGenerator<Sentiment> {
    for (const { topic, value } of await scoring.finish(outputs))
      if (topic === sentimentTopic) yield value as Sentiment
    outputs = []
    progress.update(offset)
  }
  try {
    for await (const article of articlesOf(path, config.instrument)) {
      const record = { topic: newsTopic.name, partition: 0, offset: offset++, value: article }
      outputs.push(...processor.step(seen, record))
      if (outputs.length >= ARTICLES_AT_A_TIME) yield* finished()
    }
    yield* finished()
  } finally {
    progress.stop()
    await model.close()
  }
  const { recorded, scored, duplicates, deadLetters } = scoring.counts
  process.stderr.write(
    `articles: ${recorded} with recorded scores, ${scored} scored, ${duplicates} repeats, ${deadLetters} refused\n`,
  )
}

async function* articlesOf(path: string, instrument: string): AsyncGenerator<News> {
  for await (const rows of readNewsFile({ path, instrument, format: 'auto' })) {
    for (const row of rows) {
      if (row.kind === 'news') yield row.news
      else process.stderr.write(`${path}, line ${row.line}: ${row.cause}\n`)
    }
  }
}

/** JSON lines with the fields of schemas/sentiment.avsc. */
async function* recordsOf(path: string): AsyncGenerator<Sentiment> {
  const type = avsc.Type.forSchema(readSchema(sentimentTopic), { wrapUnions: false })
  let line = 0
  for await (const text of createInterface({ input: createReadStream(path) })) {
    line += 1
    if (text.trim() === '') continue
    const record = parsed(text)
    if (!type.isValid(record))
      throw new CandlewireError(
        'NEWS_INVALID',
        `${path}, line ${line} is not a JSON object with the fields of schemas/sentiment.avsc`,
      )
    yield record as Sentiment
  }
}

/** Fields that the schema gives a default may be left out. */
function parsed(text: string): unknown {
  try {
    return { publishedAtMs: null, url: null, lineage: [], ...(JSON.parse(text) as object) }
  } catch {
    return undefined
  }
}
