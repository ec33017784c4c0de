/** The simulated market on the real broker: interrupted and resumed it is the market of one run. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Codecs } from '../../streams/codec.ts'
import { createTopics } from '../../streams/kafka.ts'
import {
  runSimulator,
  type SimulatedKind,
  type SimulatorOptions,
} from '../../streams/producers/simulator-producer.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { candlesTopic, newsTopic } from '../../streams/topics.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'

const { config, logger, kafka, reader } = testClients()
let codecs: Codecs

function simulate(kind: SimulatedKind, instrument: string, options: Partial<SimulatorOptions>) {
  return runSimulator({
    config: { ...config, instrument },
    kafka,
    codecs,
    logger,
    historyMinutes: 0,
    pace: Infinity,
    ...options,
    kind,
  })
}

/** Candles of an instrument in the order of the log, and its news in the order of time; without the name. */
async function published(instrument: string) {
  const candles = (await readSettledTopic(reader, candlesTopic.name))
    .flat()
    .filter(({ key }) => key?.toString() === instrument)
  const news = (await readSettledTopic(reader, newsTopic.name))
    .flat()
    .map(({ value }) => codecs.of(newsTopic).decode(value))
  return {
    candles: candles.map(({ value }) => ({
      ...codecs.of(candlesTopic).decode(value),
      instrument: '',
    })),
    news: news
      .filter(({ instruments }) => instruments[0] === instrument)
      .map((article) => ({ ...article, instruments: [] }))
      .sort((a, b) => a.availableAtMs - b.availableAtMs),
  }
}

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
  await reader.connect()
})
afterAll(() => reader.disconnect())

describe('the simulated market', () => {
  it('is the same whether it is made in one run or in several', async () => {
    const [whole, parts] = [`W-${randomUUID()}`, `P-${randomUUID()}`]
    const once = await simulate('candles', whole, { untilMinutes: 12_000 })
    expect(once).toMatchObject({
      records: 12_000,
      recordsThisRun: 12_000,
      resumed: false,
      finished: true,
    })
    const { records: articles } = await simulate('news', whole, { untilMinutes: 12_000 })
    expect(articles).toBeGreaterThan(50)

    const stopping = new AbortController()
    await simulate('news', parts, { untilMinutes: 5_000 })
    const stopped = await simulate('candles', parts, {
      untilMinutes: 12_000,
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    expect(stopped.finished).toBe(false)
    expect(stopped.records).toBeGreaterThan(5_000)
    const rest = await simulate('candles', parts, { untilMinutes: 12_000 })
    expect(rest).toMatchObject({
      records: 12_000,
      recordsThisRun: 12_000 - stopped.records,
      resumed: true,
      finished: true,
      lastEventTimeMs: once.lastEventTimeMs,
    })
    const restOfNews = await simulate('news', parts, { untilMinutes: 12_000 })
    expect(restOfNews).toMatchObject({ records: articles, resumed: true })
    for (const kind of ['candles', 'news'] as const)
      expect(await simulate(kind, parts, { untilMinutes: 12_000 })).toMatchObject({
        recordsThisRun: 0,
      })

    const [a, b] = [await published(whole), await published(parts)]
    expect(a.candles.length).toBe(12_000)
    expect(a.news.length).toBe(articles)
    expect(b).toEqual(a)
  })

  it('makes history at full speed and then goes on at its pace until it is stopped', async () => {
    const instrument = `L-${randomUUID()}`
    const stopping = new AbortController()
    let candles = 0
    let pacedFrom = 0
    const running = simulate('candles', instrument, {
      historyMinutes: 1_000,
      pace: 20,
      signal: stopping.signal,
      onProgress: (progress) => {
        candles = progress.candles
        if (candles >= 1_000 && pacedFrom === 0) pacedFrom = performance.now()
      },
    })
    await until('40 live candles', () => candles >= 1_040)
    const seconds = (performance.now() - pacedFrom) / 1000
    stopping.abort()
    expect((await running).finished).toBe(false)
    expect(seconds).toBeGreaterThan(1.5)
  })
})
