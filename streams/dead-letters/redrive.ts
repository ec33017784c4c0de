/**
 * Sends dead letters again: into the topic they came from, in the order they came in, as they were or
 * with a value that was put right.
 *
 * 1. `connectFenced` under one transactional id: two redrives at once cannot both commit.
 * 2. What was sent again before is read; such a letter is refused.
 * 3. All records and one mark per letter are a single transaction: all of them or none, and once.
 *
 * Only topics that producers write to can be written again. Derived topics are made by processors from
 * those, exactly once; a record put into one by hand would be a record that no input explains.
 */
import type { Message } from 'kafkajs'
import type { Candle, Redrive } from '../../schemas/generated.ts'
import { validateCandle } from '../candle-validation.ts'
import type { Codecs } from '../codec.ts'
import { connectFenced } from '../connect-fenced.ts'
import { CandlewireError, messageOf } from '../errors.ts'
import { createProducer, type KafkaClient } from '../kafka.ts'
import type { PartitionReader } from '../partition-reader.ts'
import { candlesTopic, newsTopic, redrivesTopic, type AnyTopic } from '../topics.ts'
import { readRedrives, type Letter } from './letters.ts'
import { originalRecord } from './original-record.ts'

/** Most letters of one redrive: they are one transaction and are held in memory. */
export const REDRIVE_MAX = 10_000

/** A batch above 1 MiB is refused by the broker. */
const BYTES_PER_SEND = 512 * 1024

const REDRIVABLE: readonly AnyTopic[] = [candlesTopic, newsTopic]

export interface RedriveDeps {
  readonly kafka: KafkaClient
  readonly reader: PartitionReader
  readonly codecs: Codecs
}

export interface RedriveOptions {
  /** Values put right, by letter id. */
  readonly fixes: ReadonlyMap<string, unknown>
  /** 'refuse' letters that were sent again before, or send them 'again'. */
  readonly repeats: 'refuse' | 'again'
}

interface Prepared {
  readonly letter: Letter
  readonly topic: AnyTopic
  readonly message: Message
  readonly mark: Redrive
}

/** @throws CandlewireError OPTION_INVALID naming the letter, FENCED, BROKER_FAILED; nothing is sent then */
export async function redriveLetters(
  deps: RedriveDeps,
  letters: readonly Letter[],
  options: RedriveOptions,
): Promise<Redrive[]> {
  if (letters.length > REDRIVE_MAX)
    throw new CandlewireError(
      'OPTION_INVALID',
      `${letters.length} letters are more than the ${REDRIVE_MAX} that one redrive sends; choose fewer`,
    )
  const producer = createProducer(deps.kafka, 'candlewire-redrive')
  await connectFenced(producer)
  try {
    const earlier = await readRedrives(deps.reader, deps.codecs)
    const prepared: Prepared[] = []
    for (const letter of inSourceOrder(letters))
      prepared.push(await prepare(deps, letter, earlier.get(letter.id), options))
    if (prepared.length === 0) return []
    const transaction = await producer.transaction()
    try {
      for (const { topic, messages } of sends(deps.codecs, prepared))
        await transaction.send({ topic, acks: -1, messages })
      await transaction.commit()
    } catch (thrown) {
      await transaction.abort().catch(() => undefined)
      throw new CandlewireError('BROKER_FAILED', `Nothing was sent again: ${messageOf(thrown)}`, {
        cause: thrown,
      })
    }
    return prepared.map(({ mark }) => mark)
  } finally {
    await producer.disconnect()
  }
}

/** By topic, then by the place in the log or in the file; a letter without a place by its own. */
export function inSourceOrder(letters: readonly Letter[]): Letter[] {
  const place = ({ value, partition, offset }: Letter): (string | number)[] => [
    value.sourceTopic,
    value.sourceFile ?? '',
    value.sourcePartition ?? -1,
    value.sourceOffset ?? value.sourceLine ?? -1,
    partition,
    offset,
  ]
  return letters
    .map((letter) => ({ letter, place: place(letter) }))
    .sort((a, b) => compare(a.place, b.place))
    .map(({ letter }) => letter)
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const index = a.findIndex((part, at) => part !== b[at])
  if (index === -1) return 0
  return a[index]! < b[index]! ? -1 : 1
}

async function prepare(
  { reader, codecs }: RedriveDeps,
  letter: Letter,
  earlier: Redrive | undefined,
  { fixes, repeats }: RedriveOptions,
): Promise<Prepared> {
  const topic = REDRIVABLE.find(({ name }) => name === letter.value.sourceTopic)
  if (topic === undefined)
    throw refused(
      letter,
      `${letter.value.sourceTopic} is written by a processor; only ${REDRIVABLE.map(({ name }) => name).join(' and ')} can be written again`,
    )
  if (earlier !== undefined && repeats === 'refuse')
    throw refused(letter, `it was sent again before (${earlier.times} times); --again insists`)
  const codec = codecs.of(topic)
  const isFixed = fixes.has(letter.id)
  const original = isFixed ? undefined : await originalRecord(reader, codec, letter)
  if (!isFixed && original === undefined)
    throw refused(
      letter,
      'the record is not in Kafka: give its value with --fix (`show` prints what is known of it)',
    )
  const value = isFixed ? valueOf(letter, topic, fixes.get(letter.id)) : original?.value
  if (value === undefined)
    throw refused(
      letter,
      `it still cannot be read: ${original?.undecodable ?? 'no value'}; give its value with --fix`,
    )
  const bytes = isFixed ? encoded(letter, codec, value) : original!.bytes
  const key = topic.keyOf(value)
  const eventTimeMs = Math.max(0, topic.eventTimeMsOf(value))
  const message = { key, value: bytes, timestamp: String(eventTimeMs) }
  const times = (earlier?.times ?? 0) + 1
  const mark = { letterId: letter.id, eventTimeMs, topic: topic.name, key, fixed: isFixed, times }
  return { letter, topic, message, mark }
}

function valueOf(letter: Letter, topic: AnyTopic, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(letter, 'the value given for it is not an object')
  const invalid = topic === candlesTopic ? validateCandle(value as Candle) : undefined
  if (invalid !== undefined) throw refused(letter, `the candle given for it is invalid: ${invalid}`)
  return value
}

function encoded(
  letter: Letter,
  codec: { encode(value: unknown): Buffer },
  value: unknown,
): Buffer {
  try {
    return codec.encode(value)
  } catch (thrown) {
    throw refused(letter, messageOf(thrown))
  }
}

const refused = (letter: Letter, why: string): CandlewireError =>
  new CandlewireError('OPTION_INVALID', `Dead letter ${letter.id} is not sent again: ${why}`)

/** Consecutive records of one topic together, as many as fit into a batch; then the marks. */
function* sends(codecs: Codecs, prepared: readonly Prepared[]) {
  const marks = codecs.of(redrivesTopic)
  const all = [
    ...prepared.map(({ topic, message }) => ({ topic: topic.name, message })),
    ...prepared.map(({ mark }) => ({
      topic: redrivesTopic.name,
      message: {
        key: mark.letterId,
        value: marks.encode(mark),
        timestamp: String(mark.eventTimeMs),
      },
    })),
  ]
  let waiting: { topic: string; messages: Message[]; bytes: number } | undefined
  for (const { topic, message } of all) {
    const bytes = message.value?.length ?? 0
    if (waiting?.topic !== topic || waiting.bytes + bytes > BYTES_PER_SEND) {
      if (waiting !== undefined) yield waiting
      waiting = { topic, messages: [], bytes: 0 }
    }
    waiting.messages.push(message)
    waiting.bytes += bytes
  }
  if (waiting !== undefined) yield waiting
}
