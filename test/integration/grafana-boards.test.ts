/** Runs every ClickHouse query of every board against the real tables. */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { liveQuality } from '../../processors/sinks/clickhouse/counts.ts'
import { migrate } from '../../processors/sinks/clickhouse/migrate.ts'
import { testClients } from '../support/kafka-client.ts'

const { config, logger } = testClients({
  CLICKHOUSE_DATABASE: `test_boards_${randomUUID().slice(0, 8)}`,
})
const store = new ClickHouse(config)

interface Board {
  readonly panels: readonly { title: string; targets: { rawSql?: string }[] }[]
  readonly templating: { list: { query: string }[] }
}

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'grafana/dashboards')
const boards = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Board,
)
const queries = boards.flatMap((board) => [
  ...board.panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [{ title, sql: rawSql }])),
  ),
  ...board.templating.list.map(({ query }) => ({ title: 'variable', sql: query })),
])

/** What the data source does before it asks. */
const expanded = (sql: string) =>
  sql
    .replaceAll('$__fromTime', 'toDateTime64(0, 3)')
    .replaceAll('$__toTime', 'toDateTime64(4000000000, 3)')
    .replaceAll('${instrument}', 'X')

beforeAll(async () => {
  await migrate(config, logger)
  const position = 'source_partition, source_offset'
  await store.command(
    `INSERT INTO candles (instrument, open_time, event_time, open, high, low, close, source, ${position}) VALUES ('X', 1, 1, 1, 1, 1, 1, 's', 0, 0)`,
  )
  const predictions = [
    [1, 0.5],
    [2, -0.5],
    [3, 0.25],
  ].map(
    ([at, value]) =>
      `('X', ${at}, ${at}, ${at}, 'm', '1.0.0', 'champion', 30, ${value}, 1, 0, 0, ${at})`,
  )
  await store.command(
    `INSERT INTO predictions (instrument, open_time, event_time, target_time, model_name, model_version, role, horizon_minutes, predicted_return, reference_close, features_missing, ${position}) VALUES ${predictions.join(', ')}`,
  )
  const examples = [
    [1, '1'],
    [2, '1'],
    [3, 'NULL'],
    [4, '7'],
  ].map(([at, value]) => `('X', ${at}, ${at}, 1, ${value}, ${at}, 0, ${at})`)
  await store.command(
    `INSERT INTO examples (instrument, open_time, event_time, close, forward_return_30, label_time, ${position}) VALUES ${examples.join(', ')}`,
  )
})

afterAll(async () => {
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  await store.close()
})

describe('boards', () => {
  it.each(queries)('$title: $sql', async ({ sql }) => {
    expect(Array.isArray(await store.query(expanded(sql)))).toBe(true)
  })
})

it('live quality joins predictions with what came', async () => {
  const quality = await liveQuality(store, 'X', 'm')
  expect(quality.rows).toBe(2)
  // Errors -0.5 and -1.5; outcomes 1 and 1; one sign of two is right.
  expect(quality.rmse).toBeCloseTo(Math.sqrt((0.25 + 2.25) / 2), 12)
  expect(quality.mae).toBeCloseTo(1, 12)
  expect(quality.zeroRmse).toBe(1)
  expect(quality.zeroMae).toBe(1)
  expect(quality.directionalAccuracy).toBe(0.5)
  expect((await liveQuality(store, 'X', 'other')).rows).toBe(0)
})
