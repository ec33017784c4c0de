/**
 * Everything a run has left behind, made comparable: the records of every topic, the rows of
 * ClickHouse, the keys of Redis. Written as lines of text into a folder, a file each, so that two runs
 * are compared without either of them in memory, and a difference can be looked at afterwards.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { mappingsOf } from '../../processors/sinks/clickhouse/tables.ts'
import type { RunContext } from '../../bin/start/run-context.ts'
import {
  candlesTopic,
  deadLettersTopic,
  driftSummariesTopic,
  driftTopic,
  examplesTopic,
  featuresTopic,
  modelQualityTopic,
  newsDuplicatesTopic,
  newsTopic,
  outcomesTopic,
  predictionsTopic,
  sentimentTopic,
  type AnyTopic,
  type Topic,
} from '../../streams/topics.ts'
import { readSettledTopic } from '../support/kafka-client.ts'
import { canonical, groupOf, OffsetRanks, ownerOf } from './canonical.ts'

/** In the order of the flow: what a lineage names comes first. */
export const COMPARED_TOPICS: readonly AnyTopic[] = [
  newsTopic,
  sentimentTopic,
  newsDuplicatesTopic,
  candlesTopic,
  featuresTopic,
  examplesTopic,
  predictionsTopic,
  outcomesTopic,
  modelQualityTopic,
  driftTopic,
  driftSummariesTopic,
  deadLettersTopic,
]

/** By what is compared (`topic features.v1`, `table candles`, `Redis`): how many, and their digest. */
export interface PublishedPart {
  readonly name: string
  readonly count: number
  readonly sha256: string
  /** Lines of text, one a record, row or key. */
  readonly file: string
}

/** Of each partition as it lies in the log, for other clients to confirm. */
export interface RawPartition {
  readonly topic: string
  readonly partition: number
  readonly records: number
  /** Of `offset length\n` of every committed record, in order. */
  readonly sha256: string
}

export interface PublishedState {
  readonly parts: readonly PublishedPart[]
  readonly raw: readonly RawPartition[]
  /** What is wrong in itself, without another run to compare with. */
  readonly faults: readonly string[]
}

export async function publishedState(context: RunContext, folder: string): Promise<PublishedState> {
  mkdirSync(folder, { recursive: true })
  const parts: PublishedPart[] = []
  const raw: RawPartition[] = []
  const faults: string[] = []
  const ranks = new OffsetRanks()
  const keep = (name: string, lines: readonly string[]) => {
    const file = join(folder, `${name.replace(/\W+/g, '-')}.txt`)
    const text = lines.map((line) => `${line}\n`).join('')
    writeFileSync(file, text)
    const sha256 = createHash('sha256').update(text).digest('hex')
    parts.push({ name, count: lines.length, sha256, file })
  }
  const tables = new Map(mappingsOf(COMPARED_TOPICS).map((each) => [each.topic.name, each.table]))
  for (const topic of COMPARED_TOPICS) {
    const { lines, partitions } = await topicLines(context, topic, ranks)
    keep(`topic ${topic.name}`, lines)
    raw.push(...partitions.map(({ offsets: _, ...partition }) => partition))
    const table = tables.get(topic.name)
    if (table === undefined) continue
    for (const { partition, offsets } of partitions)
      faults.push(...(await rowFaults(context, table, partition, offsets)))
  }
  for (const mapping of mappingsOf(COMPARED_TOPICS)) {
    const columns = mapping.columns.map(({ name }) => name)
    keep(`table ${mapping.table}`, await tableLines(context, mapping.table, columns))
  }
  keep('Redis', await redisLines(context))
  return { parts, raw, faults }
}

async function topicLines(context: RunContext, topic: AnyTopic, ranks: OffsetRanks) {
  const codec = context.codecs.of<object>(topic as Topic<object>)
  const byGroup = new Map<string, string[]>()
  const partitions: (RawPartition & { readonly offsets: number[] })[] = []
  for (const [partition, records] of (
    await readSettledTopic(context.reader, topic.name)
  ).entries()) {
    const digest = createHash('sha256')
    for (const { offset, value } of records) {
      digest.update(`${offset} ${value?.length ?? 0}\n`)
      await codec.prepare(value)
      const decoded = codec.decode(value)
      const group = groupOf(decoded)
      ranks.add(topic.name, partition, ownerOf(decoded), offset)
      const line = canonical(topic, decoded, ranks)
      const list = byGroup.get(group)
      if (list === undefined) byGroup.set(group, [line])
      else list.push(line)
    }
    partitions.push({
      topic: topic.name,
      partition,
      records: records.length,
      sha256: digest.digest('hex'),
      offsets: records.map(({ offset }) => offset),
    })
  }
  const lines = [...byGroup].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each)
  return { lines, partitions }
}

/** A row for every record of the log and for nothing else, without FINAL and with it. */
async function rowFaults(
  { store }: RunContext,
  table: string,
  partition: number,
  offsets: readonly number[],
): Promise<string[]> {
  const sql = (final: string) =>
    `SELECT source_offset AS at FROM ${table} ${final} WHERE source_partition = {partition:Int32} ORDER BY source_offset`
  const faults: string[] = []
  for (const final of ['', 'FINAL']) {
    const rows = await store.query<{ at: number }>(sql(final), { partition })
    const stored = rows.map(({ at }) => Number(at))
    const differs = offsets.findIndex((offset, at) => offset !== stored[at])
    if (differs < 0 && stored.length === offsets.length) continue
    const where = `${table} ${final}, partition ${partition}`
    const first = differs < 0 ? 'rows behind the end' : `first at offset ${offsets[differs]}`
    faults.push(`${where}: ${stored.length} rows of ${offsets.length} records, ${first}`)
  }
  return faults
}

/** Columns that follow from offsets or from the moment, see canonical.ts. */
const COLUMNS_OF_THE_MOMENT =
  /lineage|offset|^interval_|^coverage|^abstain|^confidence$|^signal_strength$|^feature_age|_json$|probability|brier|log_loss|calibration_error/

async function tableLines(
  { store }: RunContext,
  table: string,
  columns: readonly string[],
): Promise<string[]> {
  const compared = columns.filter((name) => !COLUMNS_OF_THE_MOMENT.test(name))
  const tuple = compared.map((name) => `\`${name}\``).join(', ')
  const rows = await store.query<{ digest: string }>(
    `SELECT hex(SHA256(toString(tuple(${tuple})))) AS digest FROM ${table} FINAL ORDER BY digest`,
  )
  return rows.map(({ digest }) => digest)
}

async function redisLines({ config }: RunContext): Promise<string[]> {
  const redis = new Redis(config.redisUrl)
  try {
    const keys = (await redis.keys('candlewire:*')).filter((key) => !key.includes(':position:'))
    const lines: string[] = []
    for (const key of keys.sort()) {
      const isSet = (await redis.type(key)) === 'zset'
      const content = isSet
        ? (await redis.zrange(key, 0, -1, 'WITHSCORES')).map(withoutOffsets)
        : Object.entries(await redis.hgetall(key))
            .filter(
              ([name]) => name !== 'offset' && !(name === 'version' && key.includes('features')),
            )
            .map(([name, value]) => `${name}=${withoutOffsets(value)}`)
            .sort()
      lines.push(`${key} ${content.join(' ')}`)
    }
    return lines
  } finally {
    redis.disconnect()
  }
}

const withoutOffsets = (text: string): string =>
  text.replace(/"lineage":\[[^\]]*\]/, '').replace(/"offset":\d+/, '')
