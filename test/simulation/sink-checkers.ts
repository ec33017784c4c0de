/**
 * Judges what a run of the sinks left in the stores, by the log alone:
 *
 *   1. ClickHouse holds a row for every record that can be decoded and for nothing else, value by value,
 *      and none twice where no stalled or given-up writer may have written late;
 *   2. at no time did it hold a row without those before it: rows came in the order of the log;
 *   3. Redis holds the newest vector of each instrument, unless its time to live has passed;
 *   4. no key of Redis ever went back to an older vector;
 *   5. what cannot be decoded is among the dead letters of each sink, once or more, and nothing else is.
 */
import assert from 'node:assert/strict'
import type { Features } from '../../schemas/generated.ts'
import { deadLettersTopic, featuresTopic } from '../../streams/topics.ts'
import { vectorKey } from '../../processors/sinks/redis/keys.ts'
import type { Row } from './row-binary-reader.ts'
import type { LogRecord } from './simulated-log.ts'
import { featuresMapping, SINKS } from './sink-processes.ts'
import { SINK_PARTITIONS, type SinkResult } from './sink-simulation.ts'

interface Vector {
  readonly partition: number
  readonly offset: number
  readonly value: Features
}

/** @throws AssertionError that says what is wrong */
export function checkSinks(result: SinkResult): void {
  const partitions = Array.from({ length: SINK_PARTITIONS }, (_, partition) => partition)
  for (const partition of partitions) checkRows(result, partition)
  checkNewest(
    result,
    partitions.flatMap((partition) => vectorsOf(result, partition)),
  )
  checkDeadLetters(result, partitions)
}

function checkRows(result: SinkResult, partition: number): void {
  const where = `ClickHouse, ${featuresTopic.name}/${partition}`
  const rows = result.world.clickhouse.rowsOf(partition)
  const byOffset = new Map<number, Row>()
  let newest = -1
  for (const row of rows) {
    const offset = Number(row['source_offset'])
    if (byOffset.has(offset)) {
      assert(!result.isExact, `${where}: the row of ${offset} is there twice`)
      assert.deepEqual(row, byOffset.get(offset), `${where}: the rows of ${offset} differ`)
      continue
    }
    assert(offset > newest, `${where}: the row of ${offset} came after that of ${newest}`)
    newest = offset
    byOffset.set(offset, row)
  }
  const vectors = vectorsOf(result, partition)
  for (const vector of vectors) {
    const row = byOffset.get(vector.offset)
    assert(row !== undefined, `${where}: the row of ${vector.offset} is missing`)
    for (const { name, value } of featuresMapping.columns) {
      const wanted = value(vector.value) ?? null
      assert.deepEqual(row[name], wanted, `${where}: ${name} of ${vector.offset}`)
    }
  }
  assert.equal(byOffset.size, vectors.length, `${where}: rows that no record stands for`)
}

function checkNewest({ world: { redis } }: SinkResult, vectors: readonly Vector[]): void {
  const newest = new Map(vectors.map((vector) => [vector.value.instrument, vector]))
  for (const [instrument, { partition, offset, value }] of newest) {
    const key = vectorKey(instrument)
    const hash = redis.hash(key)
    assert(hash !== undefined, `Redis: ${key} is missing, its newest vector is at ${offset}`)
    assert.equal(hash.version, offset, `Redis: offset of ${key}`)
    const fields = { offset, partition, eventTimeMs: value.eventTimeMs }
    const { vector, ...place } = hash.fields
    const texts = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, String(v)]))
    assert.deepEqual(place, texts, `Redis: ${key}`)
    assert.deepEqual(JSON.parse(vector ?? ''), JSON.parse(JSON.stringify(value)), `Redis: ${key}`)
  }
  for (const [key, versions] of redis.history)
    versions.reduce((before, next) => {
      assert(next >= before, `Redis: ${key} went back from ${before} to ${next}`)
      return next
    })
}

function checkDeadLetters({ world: { log, codecs } }: SinkResult, partitions: readonly number[]) {
  const place = (partition: number, offset: number) => `${partition}/${offset}`
  const poison = partitions.flatMap((partition) =>
    log
      .read(featuresTopic.name, partition, 0, Infinity)
      .filter(({ value }) => value?.length === 5)
      .map(({ offset }) => place(partition, offset)),
  )
  for (const [at, sink] of SINKS.entries()) {
    const letters = log
      .read(deadLettersTopic.name, at, 0, Infinity)
      .map(({ value }) => codecs.of(deadLettersTopic).decode(value))
      .map(({ sourcePartition, sourceOffset }) => place(sourcePartition ?? -1, sourceOffset ?? -1))
    assert.deepEqual([...new Set(letters)].sort(), poison.sort(), `${sink}: dead letters`)
  }
}

/** Tombstones and bytes that are none stand for no row. */
function vectorsOf({ world: { log, codecs } }: SinkResult, partition: number): Vector[] {
  const isVector = ({ value }: LogRecord) => value !== null && value.length > 5
  return log
    .read(featuresTopic.name, partition, 0, Infinity)
    .filter(isVector)
    .map(({ offset, value }) => ({
      partition,
      offset,
      value: codecs.of(featuresTopic).decode(value),
    }))
}
