/**
 * An outside reader, in a process of its own: `node watcher.ts BROKERS TOPIC=SCHEMA=KEY,KEY[:TIME] ...`.
 * A plain kafkajs consumer with read_committed and nothing of the project but the schema files. It
 * reads all the while as processes are killed, and keeps books:
 *
 *   - offsets of a partition only ever rise (a record fetched again must be the very same);
 *   - what KEY names comes once;
 *   - TIME, where one is named, never goes back within an instrument.
 *
 * When its standard input ends it reports as one line of JSON and ends.
 */
import { createHash, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avsc, { type Schema, type Type } from 'avsc'
import kafkajs from 'kafkajs'

const HEADER_BYTES = 5
const FAULTS_SHOWN = 20
const SESSION_MS = 30_000

interface Book {
  readonly type: Type
  readonly keys: readonly string[]
  readonly time: string | undefined
  readonly seen: Map<string, string>
  readonly newest: Map<string, number>
}

interface Position {
  records: number
  next: number
  readonly digest: Hash
  /** Of the newest records, to compare one that is fetched again. */
  readonly recent: Map<number, string>
}

export interface WatcherReport {
  readonly faults: readonly string[]
  readonly faultsTotal: number
  /** Records that a rejoin brought once more, byte for byte the same. */
  readonly fetchedAgain: number
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly records: number
    readonly sha256: string
  }[]
}

const RECENT_MAX = 20_000
const [brokers = '', ...described] = process.argv.slice(2)
const books = new Map(described.map(bookOf))
const positions = new Map<string, Position>()
const faults: string[] = []
let faultsTotal = 0
let fetchedAgain = 0

function bookOf(text: string): readonly [string, Book] {
  const [topic = '', schemaFile = '', fields = ''] = text.split('=')
  const [keys = '', time] = fields.split(':')
  const file = join(import.meta.dirname, '../../schemas', schemaFile)
  const type = avsc.Type.forSchema(JSON.parse(readFileSync(file, 'utf8')) as Schema, {
    wrapUnions: false,
  })
  return [topic, { type, keys: keys.split(','), time, seen: new Map(), newest: new Map() }]
}

function fault(text: string): void {
  faultsTotal += 1
  if (faults.length < FAULTS_SHOWN) faults.push(text)
}

function take(topic: string, partition: number, offset: number, value: Buffer | null): void {
  const slot = `${topic}/${partition}`
  let at = positions.get(slot)
  if (at === undefined) {
    at = { records: 0, next: 0, digest: createHash('sha256'), recent: new Map() }
    positions.set(slot, at)
  }
  const print = createHash('sha1')
    .update(value ?? '')
    .digest('base64')
  if (offset < at.next) {
    fetchedAgain += 1
    const known = at.recent.get(offset)
    if (known !== undefined && known !== print) fault(`${slot}@${offset} changed its bytes`)
    if (known === undefined && at.next - offset < RECENT_MAX)
      fault(`${slot}@${offset} appeared after ${at.next - 1} was read`)
    return
  }
  at.next = offset + 1
  at.records += 1
  at.digest.update(`${offset} ${value?.length ?? 0}\n`)
  at.recent.set(offset, print)
  if (at.recent.size > RECENT_MAX) at.recent.delete(at.recent.keys().next().value!)
  if (value !== null) check(topic, slot, offset, value)
}

function check(topic: string, slot: string, offset: number, value: Buffer): void {
  const book = books.get(topic)
  if (book === undefined) return
  const record = book.type.fromBuffer(value.subarray(HEADER_BYTES)) as Record<string, unknown>
  const key = book.keys.map((name) => String(record[name])).join('|')
  const before = book.seen.get(key)
  if (before !== undefined) fault(`${topic}: ${key} is at ${before} and again at ${slot}@${offset}`)
  book.seen.set(key, `${slot}@${offset}`)
  if (book.time === undefined) return
  const instrument = String(record['instrument'])
  const time = Number(record[book.time])
  const newest = book.newest.get(instrument) ?? -Infinity
  if (time < newest) fault(`${slot}@${offset}: ${instrument} goes back from ${newest} to ${time}`)
  book.newest.set(instrument, time)
}

const kafka = new kafkajs.Kafka({
  clientId: 'outside-reader',
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 60 },
})
const consumer = kafka.consumer({
  groupId: 'outside-reader',
  sessionTimeout: SESSION_MS,
  readUncommitted: false,
  maxWaitTimeInMs: 200,
})

function report(): WatcherReport {
  const partitions = [...positions].map(([slot, { records, digest }]) => {
    const cut = slot.lastIndexOf('/')
    return {
      topic: slot.slice(0, cut),
      partition: Number(slot.slice(cut + 1)),
      records,
      sha256: digest.copy().digest('hex'),
    }
  })
  return { faults, faultsTotal, fetchedAgain, partitions }
}

const ended = new Promise<void>((resolve) => {
  process.stdin.on('end', () => resolve()).resume()
})
await consumer.connect()
await consumer.subscribe({ topics: [...books.keys()], fromBeginning: true })
await consumer.run({
  eachMessage: ({ topic, partition, message }) => {
    take(topic, partition, Number(message.offset), message.value)
    return Promise.resolve()
  },
})
process.stdout.write('reading\n')
const progress = setInterval(() => {
  const records = [...positions.values()].reduce((sum, each) => sum + each.records, 0)
  process.stdout.write(`records ${records}\n`)
}, 500)
await ended
clearInterval(progress)
process.stdout.write(`report ${JSON.stringify(report())}\n`)
await consumer.disconnect()
process.exit(0)
