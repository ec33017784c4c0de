/**
 * Counts keys that are there twice: rows of a table, and records of a topic. Exactly once means none.
 *
 * In a topic an instrument's times only rise (of predictions: those of one model version), so a record
 * that is not later than the one before is a repetition; nothing but the newest time is remembered.
 */
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic, predictionsTopic, type Topic } from '../../streams/topics.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'

export interface DuplicateCount {
  readonly of: string
  readonly rows: number
  readonly duplicates: number
  readonly first: string | null
}

/** @returns undefined where nothing was counted: that nothing is there twice proves nothing then */
export function verdictOf(counts: readonly DuplicateCount[]) {
  const compared = counts.reduce((sum, { rows }) => sum + rows, 0)
  if (compared === 0) return undefined
  const different = counts.reduce((sum, { duplicates }) => sum + duplicates, 0)
  return {
    state: different === 0 ? ('passed' as const) : ('failed' as const),
    compared,
    different,
    firstDifference: counts.find(({ first }) => first !== null)?.first ?? null,
    detail: counts.map(({ of, rows, duplicates }) => `${of}: ${duplicates} of ${rows}`).join('; '),
  }
}

const TABLES = [
  ['features', 'instrument, open_time'],
  ['predictions', 'instrument, open_time, model_name, model_version'],
] as const

/**
 * Rows with a key that another row has; without FINAL, so nothing is collapsed for the answer.
 * @throws CandlewireError STORE_FAILED
 */
export async function duplicateRows(store: Pick<ClickHouse, 'query'>): Promise<DuplicateCount[]> {
  const counts: DuplicateCount[] = []
  for (const [table, key] of TABLES) {
    const [answer] = await store.query<{ rows: number; keys: number }>(
      `SELECT count() AS rows, uniqExact(${key}) AS keys FROM ${table}`,
    )
    const rows = Number(answer?.rows ?? 0)
    const duplicates = rows - Number(answer?.keys ?? 0)
    const [twice] =
      duplicates === 0
        ? []
        : await store.query<{ first: string }>(
            `SELECT toString(tuple(${key})) AS first FROM ${table} GROUP BY ${key} HAVING count() > 1 ORDER BY ${key} LIMIT 1`,
          )
    const first = twice === undefined ? null : `${table}: ${twice.first} is there more than once`
    counts.push({ of: `table ${table}`, rows, duplicates, first })
  }
  return counts
}

interface Head {
  readonly instrument: string
  readonly openTimeMs: number
  readonly modelName?: string
  readonly modelVersion?: string
}

/** Records looked at in one call; the next goes on from there. */
const RECORDS_A_LOOK = 200_000

/** One topic, read on from call to call. */
export class RepeatedRecords {
  private readonly topic: Topic<Head>
  private readonly fields: readonly (keyof Head)[]
  private readonly positions = new Map<number, number>()
  /** Newest time by instrument, or instrument and model version. */
  private readonly newest = new Map<string, number>()
  private count: DuplicateCount

  private constructor(topic: Topic<Head>, fields: readonly (keyof Head)[]) {
    this.topic = topic
    this.fields = fields
    this.count = { of: `topic ${topic.name}`, rows: 0, duplicates: 0, first: null }
  }

  static ofFeatures(): RepeatedRecords {
    return new RepeatedRecords(featuresTopic as unknown as Topic<Head>, [
      'instrument',
      'openTimeMs',
    ])
  }

  static ofPredictions(): RepeatedRecords {
    return new RepeatedRecords(predictionsTopic as unknown as Topic<Head>, [
      'instrument',
      'openTimeMs',
      'modelName',
      'modelVersion',
    ])
  }

  /** Reads on, a bounded number of records. */
  async look(reader: PartitionReader, codecs: Codecs): Promise<DuplicateCount> {
    const { name } = this.topic
    const codec = codecs.of(this.topic).projection(this.fields)
    let left = RECORDS_A_LOOK
    for (const partition of await reader.partitions(name)) {
      const from = this.positions.get(partition) ?? (await reader.beginningOffset(name, partition))
      const to = Math.min(await reader.endOffset(name, partition), from + left)
      for await (const records of reader.read(name, partition, from, to)) {
        for (const { offset, value } of records) {
          await codec.prepare(value)
          this.take(`${name}/${partition} offset ${offset}`, this.headOf(codec, value))
        }
      }
      this.positions.set(partition, Math.max(from, to))
      left -= Math.max(0, to - from)
      if (left <= 0) break
    }
    return this.count
  }

  private headOf(codec: { decode(value: Buffer | null): unknown }, value: Buffer | null) {
    try {
      return codec.decode(value) as Head
    } catch (thrown) {
      // A record that is no vector repeats none; the replay names it.
      if (thrown instanceof CandlewireError) return undefined
      throw thrown
    }
  }

  private take(place: string, head: Head | undefined): void {
    if (head === undefined) return
    const { instrument, openTimeMs, modelName = '', modelVersion = '' } = head
    const key = `${instrument} ${modelName} ${modelVersion}`
    const isRepeated = openTimeMs <= (this.newest.get(key) ?? -Infinity)
    const { of, rows, duplicates, first } = this.count
    const what = `${place}: ${key.trim()} at ${new Date(openTimeMs).toISOString()} comes again`
    this.count = {
      of,
      rows: rows + 1,
      duplicates: duplicates + Number(isRepeated),
      first: isRepeated ? (first ?? what) : first,
    }
    if (!isRepeated) this.newest.set(key, openTimeMs)
  }
}
