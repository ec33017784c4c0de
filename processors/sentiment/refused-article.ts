/** Which articles cannot be used, and the dead letter of one. */
import type { News } from '../../schemas/generated.ts'
import type { ErrorCode } from '../../streams/errors.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { out, type Incoming, type Outgoing } from '../runtime/processor.ts'
import { readableJson } from '../runtime/readable-json.ts'

/** In UTF-16 units. The longest real headline in 26,000 has 200; what is longer is a broken feed. */
const TITLE_UNITS_MAX = 2_000
/** A long report; a record of this size is still far from Kafka's 1 MiB. */
const BODY_UNITS_MAX = 200_000
const INSTRUMENTS_MAX = 32
/** Of a refused text so much stands in its dead letter; the whole is in news.v1 at its offset. */
const KEPT_UNITS = 10_000
/** Shares of a real model are rounded softmax values; more than this apart they are something else. */
const SHARE_TOLERANCE = 0.02
/** Times that Kafka and ClickHouse can hold, and no publisher's typing error can pass. */
const TIME_MS_MAX = Date.UTC(2200, 0, 1)
const isTime = (ms: number): boolean => ms >= 0 && ms < TIME_MS_MAX

/** @returns why an article cannot be used, undefined for one that can */
export function articleFault(article: News): string | undefined {
  const { articleId, title, body, instruments, publishedAtMs, availableAtMs } = article
  if (articleId === '') return 'the article id is empty'
  if (title.trim() === '') return 'the headline is empty'
  if (title.length > TITLE_UNITS_MAX)
    return `the headline has ${title.length} characters, at most ${TITLE_UNITS_MAX}`
  if (body !== null && body.length > BODY_UNITS_MAX)
    return `the body has ${body.length} characters, at most ${BODY_UNITS_MAX}`
  if (!isTime(publishedAtMs)) return 'the publication time is not between 1970 and 2200'
  if (!isTime(availableAtMs)) return 'the time of availability is not between 1970 and 2200'
  if (instruments.length > INSTRUMENTS_MAX)
    return `it names ${instruments.length} instruments, at most ${INSTRUMENTS_MAX}`
  if (instruments.includes('')) return 'the name of an instrument is empty'
  return recordedFault(article.recordedSentiment)
}

function recordedFault(recorded: News['recordedSentiment']): string | undefined {
  if (recorded === null) return undefined
  const { positive, negative, neutral } = recorded
  const shares = [positive, negative, neutral]
  if (!shares.every((share) => share >= 0 && share <= 1))
    return 'a recorded sentiment share is not within 0 and 1'
  const sum = positive + negative + neutral
  if (Math.abs(sum - 1) > SHARE_TOLERANCE) return `the recorded sentiment shares add up to ${sum}`
  return undefined
}

/** The dead letter of an article, its long texts cut. */
export function refusedArticle(
  { topic, partition, offset, value }: Incoming<News>,
  code: ErrorCode,
  cause: string,
): Outgoing {
  const { articleId, title, body, availableAtMs, instruments, sourceLine } = value
  return out(deadLettersTopic, {
    sourceTopic: topic,
    sourcePartition: partition,
    sourceOffset: offset,
    sourceFile: null,
    sourceLine,
    eventTimeMs: isTime(availableAtMs) ? availableAtMs : 0,
    code,
    cause,
    schemaId: null,
    originalKey: Buffer.from(articleId),
    originalBytes: readableJson({
      ...value,
      instruments: instruments.slice(0, INSTRUMENTS_MAX),
      title: title.slice(0, KEPT_UNITS),
      body: body?.slice(0, KEPT_UNITS) ?? null,
    }),
    conflictingBytes: null,
  })
}
