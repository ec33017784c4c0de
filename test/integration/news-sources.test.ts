/** Polled news on the real broker: feeds that change, fail and come back, killed and fenced pollers. */
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { News } from '../../schemas/generated.ts'
import { SERVICES, type RunningService } from '../../bin/services.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createTopics, type KafkaClient } from '../../streams/kafka.ts'
import { runNewsSources, type NewsSourcesStats } from '../../streams/producers/news/news-sources.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { FeedSource } from '../../streams/sources/feeds/feed-source.ts'
import { RobotsGate } from '../../streams/sources/web/robots-gate.ts'
import { WebClient } from '../../streams/sources/web/web-client.ts'
import { deadLettersTopic, newsTopic } from '../../streams/topics.ts'
import { FaultWebServer } from '../support/fault-web-server.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'

const { config, logger, kafka, reader } = testClients()
const web = new FaultWebServer()
const folder = mkdtempSync(join(tmpdir(), 'news-sources-'))
let client: WebClient
let codecs: Codecs
let running: RunningService[] = []

beforeAll(async () => {
  await web.listen()
  web.answer('/robots.txt', { status: 404 })
  client = new WebClient({ userAgent: 'test/1', privateHosts: new Set([web.host]) })
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
  await reader.connect()
})
afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()))
  running = []
})
afterAll(async () => {
  await client.close()
  await web.close()
  await reader.disconnect()
  rmSync(folder, { recursive: true })
})

const rss = (path: string, ids: number[], more = '') =>
  `<rss version="2.0"><channel><title>W</title><link>http://${web.host}/</link>${ids
    .map(
      (id) =>
        `<item><title>Article ${id}</title><link>/${path}/${id}?utm_source=rss</link><guid>${path}-${id}</guid></item>`,
    )
    .join('')}${more}</channel></rss>`

/** Titles of the committed articles of a feed, in the order of the log. */
async function titlesOf(name: string): Promise<string[]> {
  return (await articlesOf(name)).map(({ title }) => title)
}
async function articlesOf(name: string): Promise<News[]> {
  return (await readSettledTopic(reader, newsTopic.name))
    .flat()
    .map(({ value }) => codecs.of(newsTopic).decode(value))
    .filter(({ provenance }) => provenance === `feed:${name}`)
}
/** A feed that is asked again as soon as it has answered. */
function eager(name: string): FeedSource {
  const settings = {
    name,
    url: `http://${web.host}/${name}`,
    instruments: [],
    pollSeconds: 0.05,
    respectRobots: true,
  }
  return new FeedSource(settings, {
    client,
    robots: new RobotsGate(client),
    defaultInstrument: 'SPX',
  })
}
async function start(names: string[], brokers = kafka) {
  const service = await runNewsSources({
    config,
    kafka: brokers,
    codecs,
    logger: pino({ level: 'silent' }),
    sources: names.map(eager),
  })
  running.push(service)
  const stats = (name: string) => {
    const found = service.stats().sources[`feed:${name}`]
    if (found === undefined) throw new Error(`No source ${name}`)
    return found
  }
  return { service, stats }
}

/** A broker whose first commit fails, whether it was done or not. */
function failingOnce(fault: { isArmed: boolean }, commits: boolean): KafkaClient {
  const producer: KafkaClient['producer'] = (options) => {
    const real = kafka.producer(options)
    const transaction = async () => {
      const begun = await real.transaction()
      const commit = async () => {
        if (!fault.isArmed) return begun.commit()
        fault.isArmed = false
        if (commits) await begun.commit()
        throw new Error('The connection was lost')
      }
      return { ...begun, commit }
    }
    return { ...real, transaction }
  }
  return Object.assign(Object.create(kafka) as KafkaClient, { producer })
}

describe('polled news', () => {
  it('comes once each, while a feed grows, repeats itself, fails and is restarted', async () => {
    const name = `f-${randomUUID()}`
    web.answer(`/${name}`, {
      headers: { etag: '"1"' },
      body: rss(name, [2, 1], '<item><guid>none</guid></item>'),
    })
    const first = await start([name])
    await until('two polls', () => first.stats(name).polls >= 2)
    expect(await titlesOf(name)).toEqual(['Article 1', 'Article 2'])
    expect(web.askedFor(`/${name}`).at(-1)?.headers['if-none-match']).toBe('"1"')

    web.answer(`/${name}`, { status: 503, body: 'away' })
    await until('a failure', () => first.stats(name).failed > 0)
    expect(first.stats(name)).toMatchObject({
      state: 'backs off',
      lastFailure: `${web.host} answers 503`,
    })
    web.answer(`/${name}`, { headers: { etag: '"2"' }, body: rss(name, [3, 2, 1, 3]) })
    await until('the third article', () => first.stats(name).new === 3)
    await first.service.stop()

    const before = web.askedFor(`/${name}`).length
    const second = await start([name])
    await until('a request', () => web.askedFor(`/${name}`).length > before)
    expect(web.askedFor(`/${name}`)[before]?.headers['if-none-match']).toBe('"2"')
    web.answer(`/${name}`, { body: rss(name, [4, 3]) })
    await until('the fourth article', () => second.stats(name).new === 1)

    const articles = await articlesOf(name)
    expect(articles.map(({ title }) => title)).toEqual([
      'Article 1',
      'Article 2',
      'Article 3',
      'Article 4',
    ])
    expect(new Set(articles.map(({ articleId }) => articleId)).size).toBe(4)
    expect(articles[0]).toMatchObject({
      url: `http://${web.host}/${name}/1`,
      instruments: ['SPX'],
      source: name,
    })
    const letters = (await readSettledTopic(reader, deadLettersTopic.name))
      .flat()
      .map(({ value }) => codecs.of(deadLettersTopic).decode(value))
    expect(letters.filter(({ sourceFile }) => sourceFile === `feed:${name}`)).toMatchObject([
      { code: 'NEWS_INVALID', sourceTopic: 'news.v1' },
    ])
  })

  it('of a bad feed does not hold up that of a good one', async () => {
    const [bad, good] = [`b-${randomUUID()}`, `g-${randomUUID()}`]
    web.answer(`/${bad}`, (_request, response) => response.end('<html>'.repeat(1_000)))
    web.answer(`/${good}`, { body: rss(good, [1]) })
    const { stats } = await start([bad, good])
    await until('both polled', () => stats(bad).failed > 0 && stats(good).new === 1)
    expect(stats(bad).lastFailure).toContain('HTML page')
  })

  it.each([
    ['is lost before', false],
    ['is lost behind', true],
  ])(
    'begins a new session when the broker %s a commit, and nothing is lost or doubled',
    async (_when, commits) => {
      const name = `c-${randomUUID()}`
      const fault = { isArmed: true }
      web.answer(`/${name}`, { body: rss(name, [1]) })
      const { service, stats } = await start([name], failingOnce(fault, commits))
      await until('the failure', () => service.stats().brokerFailures === 1)
      web.answer(`/${name}`, { body: rss(name, [2, 1]) })
      await until('the second article', async () => (await titlesOf(name)).includes('Article 2'))
      await service.stop()
      expect(await titlesOf(name)).toEqual(['Article 1', 'Article 2'])
      expect(stats(name).failed).toBe(0)
    },
  )

  it('is taken over by a second service; the first one ends', async () => {
    const name = `t-${randomUUID()}`
    web.answer(`/${name}`, { body: rss(name, [1]) })
    const first = await start([name])
    await until('the first article', () => first.stats(name).new === 1)
    const second = await start([name])
    web.answer(`/${name}`, { body: rss(name, [2, 1]) })
    await expect(first.service.failed).rejects.toMatchObject({ code: 'FENCED' })
    await until('the second article', () => second.stats(name).new === 1)
    expect(await titlesOf(name)).toEqual(['Article 1', 'Article 2'])
  })

  it('runs as a service from its file', async () => {
    const name = `s-${randomUUID()}`
    web.answer(`/${name}`, { body: rss(name, [1, 2]) })
    web.answer('/gdelt', { body: '{}' })
    const file = join(folder, 'feeds.json')
    writeFileSync(
      file,
      JSON.stringify({
        feeds: [{ name, url: `http://${web.host}/${name}` }],
        gdelt: [{ name: 'q', query: 'stocks' }],
      }),
    )
    const [starter] = SERVICES.get('news-sources') ?? []
    const settings = {
      ...config,
      newsFeedsFile: file,
      newsPrivateHosts: web.host,
      gdeltUrl: `http://${web.host}/gdelt`,
    }
    const service = await starter?.({ config: settings, kafka, codecs, logger })
    if (service === undefined) throw new Error('There is no such service')
    running.push(service)
    const sources = () => (service.stats() as NewsSourcesStats).sources
    await until('both sources', () => Object.values(sources()).every(({ polls }) => polls === 1))
    await until('the articles', () => sources()[`feed:${name}`]?.new === 2)
    expect(web.askedFor('/gdelt').length).toBe(1)
  })
})
