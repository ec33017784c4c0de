/**
 * The sentiment processor on the real broker: a file with repeats and poison comes out exactly once,
 * however often the process is killed, and the same again in a second run over the same articles.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { DeadLetter, News, NewsDuplicate, Sentiment } from '../../schemas/generated.ts'
import { groupIdOf } from '../../processors/runtime/work.ts'
import { backlogOf } from '../../streams/backlog.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { readNewsFile } from '../../streams/sources/news-file.ts'
import {
  ALL_TOPICS,
  deadLettersTopic,
  newsDuplicatesTopic,
  sentimentTopic,
  type Topic,
} from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { FakeModel } from '../support/fake-sentiment-model.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { SENTIMENT_OVERRIDES, sentimentSetup } from './fixtures/sentiment-setup.ts'

const { config, kafka, reader } = testClients(SENTIMENT_OVERRIDES)
const admin = kafka.admin()
const folder = mkdtempSync(join(tmpdir(), 'candlewire-sentiment-'))
const children: ChildProcess[] = []

beforeAll(() => Promise.all([reader.connect(), admin.connect()]))
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})
afterAll(async () => {
  await Promise.all([reader.disconnect(), admin.disconnect()])
  rmSync(folder, { recursive: true })
})

const ROUNDS = 150
/** Of each round: two scored by the model, one that brings its output, three repeats, two poisoned. */
const EXPECTED = { scored: 2 * ROUNDS, recorded: ROUNDS, duplicates: 3 * ROUNDS }

function newsFile(): string {
  const lines = [
    'published_at,headline,source,url,finbert_positive,finbert_negative,finbert_neutral',
  ]
  for (let round = 0; round < ROUNDS; round += 1) {
    const time = (minutes: number) =>
      new Date(Date.UTC(2024, 1, 20) + (round * 60 + minutes) * 60_000).toISOString()
    const title = `Company number ${round} reports a profit above all estimates`
    const url = `https://wire.example/articles/${round}`
    lines.push(
      `${time(0)},${title},Wire,${url},,,`,
      `${time(1)},${title.toUpperCase()} - The Wire,Other,,,,`,
      `${time(2)},Profit surprise of round ${round},Third,${url}?utm_source=x,,,`,
      `${time(0)},${title},Wire,${url},,,`,
      `${time(3)},Shares of company number ${round} fall in late trading,Wire,,,,`,
      `${time(4)},Analysts of company number ${round} raise their targets,Wire,,0.7,0.1,0.2`,
      `${time(5)},${FakeModel.REFUSED} ${round},Wire,,,,`,
      `${time(6)},${'x'.repeat(2_001)} ${round},Wire,,,,`,
    )
  }
  const path = join(folder, `${randomUUID()}.csv`)
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}

async function prepare() {
  const suffix = randomUUID().slice(0, 8)
  const instrument = `NEWS-${suffix}`
  const setup = sentimentSetup(suffix)
  await createTopics(admin, config, [...ALL_TOPICS, ...setup.topics])
  const codecs = await connectCodecs(config, [...ALL_TOPICS, ...setup.topics])
  const articles: News[] = []
  for await (const rows of readNewsFile({ path: newsFile(), instrument, format: 'auto' }))
    articles.push(...rows.flatMap((row) => (row.kind === 'news' ? [row.news] : [])))
  const producer = createProducer(kafka)
  await producer.connect()
  const messages = articles.map((article) => ({
    key: article.articleId,
    value: codecs.of(setup.news).encode(article),
  }))
  for (let from = 0; from < messages.length; from += 250)
    await producer.send({ topic: setup.news.name, messages: messages.slice(from, from + 250) })
  await producer.disconnect()

  /** Bytes and values of this test's records in a topic that all tests share, in order. */
  const own = async <Value>(topic: Topic<Value>, isOwn: (value: Value) => boolean) => {
    const codec = codecs.of(topic)
    const records = (await readSettledTopic(reader, topic.name)).flat()
    for (const { value } of records) if (!codec.knows(value)) await codec.prepare(value)
    return records
      .map(({ value: bytes }) => ({ bytes, value: codec.decode(bytes) }))
      .filter(({ value }) => isOwn(value))
  }
  const outputs = async () => ({
    sentiment: await own<Sentiment>(sentimentTopic, (value) => value.instrument === instrument),
    duplicates: await own<NewsDuplicate>(
      newsDuplicatesTopic,
      (value) => value.instrument === instrument,
    ),
    letters: await own<DeadLetter>(
      deadLettersTopic,
      (value) => value.sourceTopic === setup.news.name,
    ),
  })
  const done = (run = '') =>
    until('all articles', async () => {
      const groupId = groupIdOf({ name: `test-sentiment-${suffix}${run}` })
      return !(await backlogOf(admin, reader, groupId, setup.news.name)).pending
    })
  return { suffix, setup, articles, outputs, done }
}
type Outputs = Awaited<ReturnType<Awaited<ReturnType<typeof prepare>>['outputs']>>

function expectExactly({ sentiment, duplicates, letters }: Outputs, times = 1): void {
  const recorded = sentiment.filter(({ value }) => value.modelSha256 === 'recorded').length
  expect(recorded).toBe(times * EXPECTED.recorded)
  expect(sentiment.length - recorded).toBe(times * EXPECTED.scored)
  expect(duplicates.length).toBe(times * EXPECTED.duplicates)
  const reasons = duplicates.map(({ value }) => value.reason).sort()
  expect(new Set(reasons)).toEqual(new Set(['id', 'title', 'url']))
  const codes = letters.map(({ value }) => value.code)
  expect(codes.filter((code) => code === 'ARTICLE_NOT_SCORED')).toHaveLength(times * ROUNDS)
  expect(codes.filter((code) => code === 'NEWS_INVALID')).toHaveLength(times * ROUNDS)
  const offsets = [
    ...sentiment.map(({ value }) => value.lineage[0]?.fromOffset),
    ...duplicates.map(({ value }) => value.lineage[0]?.fromOffset),
    ...letters.map(({ value }) => value.sourceOffset ?? undefined),
  ]
  // Every article once: neither lost nor doubled.
  expect(offsets.length).toBe(times * new Set(offsets).size)
  expect(new Set(offsets).size).toBe(ROUNDS * 8)
}

it('comes out exactly once through SIGKILLs, and the same in a second run', async () => {
  const { suffix, setup, outputs, done } = await prepare()
  const { command, args } = builtProgram('test/integration/fixtures/sentiment-setup', [suffix])
  const published = async () => {
    const { sentiment, duplicates, letters } = await outputs()
    return sentiment.length + duplicates.length + letters.length
  }
  for (const target of [100, 500, 900]) {
    const child = spawn(command, args, {
      env: { ...process.env, LOG_LEVEL: 'fatal' },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    children.push(child)
    const died = new Promise((resolve) => child.once('exit', resolve))
    await until(`${target} outputs`, async () => (await published()) >= target)
    child.kill('SIGKILL')
    await died
  }
  const { group, scoring } = await setup.start()
  await done()
  await group.stop()
  const first = await outputs()
  expectExactly(first)
  expect(scoring.counts.scored).toBeLessThan(EXPECTED.scored)

  const again = await setup.start('-again')
  await done('-again')
  await again.group.stop()
  const both = await outputs()
  expectExactly(both, 2)
  for (const kind of ['sentiment', 'duplicates', 'letters'] as const) {
    const bytes = (records: Outputs[typeof kind]) => records.map((record) => record.bytes)
    expect(bytes(both[kind].slice(first[kind].length))).toEqual(bytes(first[kind]))
  }
  expect(again.scoring.counts).toMatchObject({
    scored: EXPECTED.scored,
    recorded: EXPECTED.recorded,
    duplicates: EXPECTED.duplicates,
    deadLetters: 2 * ROUNDS,
  })
}, 240_000)
