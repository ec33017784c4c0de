/** Resuming, on a log in memory: what servers see, in which order, and where clients are cut is random. */
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeStreamClient } from '../../test/support/fake-stream-client.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import { ALL_TOPICS, candlesTopic } from '../../streams/topics.ts'
import type { Candle } from '../../schemas/generated.ts'
import { StreamHub } from '../live/stream-hub.ts'
import { ServingMetrics } from '../metrics.ts'
import { CatchUp } from './catch-up.ts'
import { RecentRecords } from './recent-records.ts'
import { decodePosition } from './stream-position.ts'

const CANDLES = 0
const metrics = new ServingMetrics()
const logger = pino({ level: 'silent' })
const hubs: StreamHub[] = []

afterEach(() => {
  for (const hub of hubs.splice(0)) hub.closeAll()
})

const candle = (instrument: string, minute: number): Candle => ({
  instrument,
  openTimeMs: minute * 60_000,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: minute,
})

/** A server: reads the partitions of a log at its own pace. */
class Server {
  readonly hub: StreamHub
  readonly catchUp: CatchUp
  private readonly log: MemoryLog
  private readonly codecs = offlineCodecs(ALL_TOPICS)

  constructor(log: MemoryLog, options: { partitions: number; from: number; recordsMax: number }) {
    this.log = log
    this.hub = new StreamHub(metrics, new RecentRecords(options.recordsMax))
    hubs.push(this.hub)
    this.catchUp = new CatchUp({ hub: this.hub, reader: log, codecs: this.codecs, metrics, logger })
    for (let partition = 0; partition < options.partitions; partition += 1)
      this.hub.begin(CANDLES, partition, options.from)
  }

  /** Reads a few records of a partition, if there are any. */
  async read(partition: number, count: number): Promise<void> {
    const from = this.hub.position[CANDLES]?.[partition] ?? 0
    const end = await this.log.highWatermark(candlesTopic.name, partition)
    for await (const records of this.log.read(
      candlesTopic.name,
      partition,
      from,
      Math.min(end, from + count),
    )) {
      for (const { offset, value } of records) {
        const decoded = this.codecs.of(candlesTopic).decode(value)
        this.hub.record(CANDLES, { partition, offset, bytes: 60 }, decoded)
      }
    }
  }

  /** Resolves when the client is live. */
  async connect(client: FakeStreamClient, position: string): Promise<void> {
    this.hub.add(client)
    await this.catchUp.run(client, decodePosition(position))
  }
}

const fill = (log: MemoryLog, partition: number, count: number, instrument = 'A'): void => {
  for (let n = 0; n < count; n += 1) log.append(candlesTopic, partition, candle(instrument, n))
}

const newLog = (): MemoryLog => new MemoryLog(offlineCodecs(ALL_TOPICS))

describe('a client that comes back', () => {
  it('gets exactly the records of every partition, in order, wherever it is cut and to whichever server it goes', async () => {
    const step = fc.record({
      server: fc.nat(1),
      partition: fc.nat(2),
      append: fc.nat(30),
      read: fc.nat(60),
      cutAfter: fc.nat(40),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const log = newLog()
        const options = { partitions: 3, from: 0 }
        const servers = [
          new Server(log, { ...options, recordsMax: 10 }),
          new Server(log, { ...options, recordsMax: 80 }),
        ]
        const received: [number, number][] = []
        let position = '1-c.0.0.0'
        const visit = async (server: Server, cutAfter: number, during: () => Promise<void>) => {
          const client = new FakeStreamClient()
          const connected = server.connect(client, position)
          await during()
          await connected
          // What comes after the cut is lost on the way.
          for (const event of client.got.slice(0, cutAfter)) {
            received.push([event['partition'] as number, event['offset'] as number])
            position = event['position'] as string
          }
          server.hub.remove(client)
        }
        for (const { server: n, partition, append, read, cutAfter } of steps) {
          const server = servers[n]
          if (server === undefined) continue
          await visit(server, cutAfter, async () => {
            fill(log, partition, append)
            await server.read(partition, read)
          })
        }
        const [last] = servers
        if (last === undefined) return
        for (const partition of [0, 1, 2]) await last.read(partition, Infinity)
        await visit(last, Infinity, () => Promise.resolve())
        for (const partition of [0, 1, 2]) {
          const offsets = received.filter(([each]) => each === partition).map(([, o]) => o)
          const end = await log.highWatermark(candlesTopic.name, partition)
          expect(offsets).toEqual(Array.from({ length: end }, (_, offset) => offset))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('is served from memory when it was away for a moment', async () => {
    const log = newLog()
    fill(log, 0, 30)
    const server = new Server(log, { partitions: 1, from: 0, recordsMax: 100 })
    await server.read(0, 30)
    const reads = log.reads
    const client = new FakeStreamClient()
    await server.connect(client, '1-c.k')
    expect(client.got.map(({ offset }) => offset)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
    expect(log.reads).toBe(reads)
  })

  it('is told what retention has deleted in the meantime', async () => {
    const log = newLog()
    fill(log, 0, 200)
    log.forget(candlesTopic.name, 0, 120)
    const server = new Server(log, { partitions: 1, from: 200, recordsMax: 10 })
    const client = new FakeStreamClient()
    await server.connect(client, '1-c.2s')
    expect(client.got[0]).toMatchObject({ type: 'gap', from: 100, to: 120, reason: 'retention' })
    expect(client.got.slice(1).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 80 }, (_, n) => 120 + n),
    )
  })

  it('is told when its position lies beyond the end: the topic was made anew', async () => {
    const log = newLog()
    fill(log, 0, 5)
    const server = new Server(log, { partitions: 1, from: 0, recordsMax: 10 })
    await server.read(0, 5)
    const client = new FakeStreamClient()
    await server.connect(client, '1-c.zz')
    fill(log, 0, 1)
    await server.read(0, 1)
    expect(
      client.got.map(({ type, reason, from, to, offset }) => [type, reason ?? offset, from, to]),
    ).toEqual([
      ['gap', 'beyond_end', 1295, 5],
      ['candle', 5, undefined, undefined],
    ])
  })

  it('gets what it wants only, from partitions that are new as well', async () => {
    const log = newLog()
    fill(log, 0, 3, 'A')
    fill(log, 0, 3, 'B')
    fill(log, 1, 2, 'B')
    const server = new Server(log, { partitions: 2, from: 6, recordsMax: 10 })
    const client = new FakeStreamClient({ instruments: ['B'] })
    await server.connect(client, '1-c.1')
    expect(client.got.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 3],
      [0, 4],
      [0, 5],
      [1, 0],
      [1, 1],
    ])
  })

  it('is asked to come again when the log cannot be read', async () => {
    const log = newLog()
    fill(log, 0, 50)
    const server = new Server(log, { partitions: 1, from: 50, recordsMax: 10 })
    log.read = () => {
      throw new Error('the broker is away')
    }
    const client = new FakeStreamClient()
    await server.connect(client, '1-c.0')
    expect([client.got, client.closed, server.hub.size]).toEqual([[], ['try_again'], 0])
  })
})

describe('a position', () => {
  it.each([
    '',
    '2-c.1',
    '1-c.',
    '1-c.-1',
    '1-C.1',
    '1-c.1 ',
    '1-c.zzzzzzzzzzzz',
    'null',
    '1'.repeat(9_000),
  ])('that is none is refused: %s', (text) => {
    expect(() => decodePosition(text)).toThrow(/position/)
  })

  it('of a later version of the program keeps what is known here', () => {
    expect(decodePosition('1-c.7.8-z.9')).toEqual([[7, 8], [], [], [], []])
  })
})
