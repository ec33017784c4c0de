/**
 * The tables behind `features` in ClickHouse. Readers and sink know one name; what it shows is switched by
 * EXCHANGE TABLES, one atomic statement.
 *
 * A table of a generation says in its comment what it shows, once it is whole: `[shows NAME]`. It keeps
 * that when names change. Before a table is exchanged or dropped it is renamed to a name of this run
 * alone: of two runs at once only one gets it, and none exchanges twice.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { GenerationEnd } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { isTransient, type ClickHouse } from '../sinks/clickhouse/client.ts'
import { addFeatureColumnsSql } from '../sinks/clickhouse/feature-columns.ts'
import { rowEncoder } from '../sinks/clickhouse/row-encoder.ts'
import { mappingsOf } from '../sinks/clickhouse/tables.ts'

/** What the `features` table shows where nothing was promoted. No generation has this name. */
export const PUBLISHED = '-'
export const HISTORY = 'features'

const FILLING = 'features_of_'
const ASIDE = 'features_aside_'
const SHOWS = /\[shows (\S+)\]/
const ATTEMPTS_MAX = 5
/** Why there is no way back, and what is. */
export const NOT_KEPT =
  'The table of what was published is not in ClickHouse any more; drop the table features and start sink-clickhouse, which fills it again'
/** Inserts that began before the exchange end within the time-out of a request. */
const INSERTS_WAIT_MS = 60_000
const LOOK_MS = 50

export interface HistoryTable {
  readonly name: string
  /** {@link PUBLISHED} or a generation; undefined of one that is being filled. */
  readonly shows: string | undefined
}

export async function historyTables(store: ClickHouse): Promise<readonly HistoryTable[]> {
  const rows = await store.query<{ name: string; comment: string }>(
    `SELECT name, comment FROM system.tables WHERE database = currentDatabase()
      AND (name = '${HISTORY}' OR startsWith(name, '${FILLING}') OR startsWith(name, '${ASIDE}')) ORDER BY name`,
  )
  return rows.map(({ name, comment }) => {
    const said = SHOWS.exec(comment)?.[1]
    // The table that the sink has always filled says nothing, whatever its name is by now.
    return { name, shows: said ?? (name.startsWith(FILLING) ? undefined : PUBLISHED) }
  })
}

/** What readers see now; undefined where there is no table yet. */
export const shownBy = (tables: readonly HistoryTable[]): string | undefined =>
  tables.find(({ name }) => name === HISTORY)?.shows

/** An empty table for the rows of a generation; whatever a run that broke off has left goes first. */
export async function newHistoryTable(store: ClickHouse, generation: string): Promise<string> {
  const name = `${FILLING}${generation.replaceAll('-', '_')}`
  await store.command(`DROP TABLE IF EXISTS ${name}`)
  await store.command(`CREATE TABLE ${name} AS ${HISTORY}`)
  await store.command(`ALTER TABLE ${name} MODIFY COMMENT 'is being filled'`)
  return name
}

/** Says that a table is whole. From now on it may be shown. */
export const markHistory = (store: ClickHouse, table: string, shows: string): Promise<void> =>
  store.command(
    `ALTER TABLE ${table} MODIFY COMMENT 'One feature vector per bar of the gap-filled grid; NULL until warm and where a formula has no value [shows ${shows}]'`,
  )

export interface HistorySwitch {
  readonly store: ClickHouse
  /** {@link PUBLISHED} or a generation. */
  readonly shows: string
  /** Where the rows begin that every computation shares: those published behind the generation's end. */
  readonly ends: readonly GenerationEnd[]
  readonly signal: AbortSignal
}

/**
 * Has `features` show another computation, with all rows that the sink has written and writes meanwhile.
 * It may be broken off and run again at any place.
 *
 * @throws CandlewireError PROMOTION_REFUSED if no whole table shows it, STORE_FAILED
 */
export async function switchHistory({ store, shows, ends, signal }: HistorySwitch): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const tables = await historyTables(store)
    if (shownBy(tables) === shows) break
    if (attempt > ATTEMPTS_MAX)
      throw new CandlewireError('STORE_FAILED', `Others switch ${HISTORY} at the same time`)
    const found = tables.find((table) => table.name !== HISTORY && table.shows === shows)
    if (found === undefined)
      throw new CandlewireError(
        'PROMOTION_REFUSED',
        shows === PUBLISHED ? NOT_KEPT : `No table in ClickHouse holds all of generation ${shows}`,
      )
    const mine = await claim(store, found)
    if (mine !== undefined) {
      await store.command(addFeatureColumnsSql(mine))
      await copyTail(store, { from: HISTORY, to: mine, ends })
      await didOrWasTaken(store, `EXCHANGE TABLES ${HISTORY} AND ${mine}`)
    }
  }
  await insertsEnded(store, signal)
  for (const table of await historyTables(store)) {
    if (table.name === HISTORY || table.shows === undefined) continue
    await copyTail(store, { from: table.name, to: HISTORY, ends })
    if (table.shows === PUBLISHED) continue
    // A generation is in Kafka; what was published is kept, for the way back.
    const mine = await claim(store, table)
    if (mine !== undefined) await store.command(`DROP TABLE IF EXISTS ${mine}`)
  }
}

/**
 * Gives a table a name that this run alone uses. What lies under a name of another run may change, by its
 * exchange, until the name is taken away from it; so it is looked at again after that.
 *
 * @returns the name; undefined if somebody else was first
 */
async function claim(store: ClickHouse, table: HistoryTable): Promise<string | undefined> {
  const mine = `${ASIDE}${randomUUID().slice(0, 8)}`
  if (!(await didOrWasTaken(store, `RENAME TABLE ${table.name} TO ${mine}`))) return undefined
  const now = (await historyTables(store)).find(({ name }) => name === mine)
  return now?.shows === table.shows ? mine : undefined
}

/** @returns false if the table is not there any more under this name */
async function didOrWasTaken(store: ClickHouse, sql: string): Promise<boolean> {
  try {
    await store.command(sql)
    return true
  } catch (thrown) {
    if (isTransient(thrown)) throw thrown
    return false
  }
}

/** An insert that the sink had begun goes into the table that had the name then. */
async function insertsEnded(store: ClickHouse, signal: AbortSignal): Promise<void> {
  const running = async () =>
    (
      await store.query<{ id: string }>(
        "SELECT query_id AS id FROM system.processes WHERE query_kind = 'Insert'",
      )
    ).map(({ id }) => id)
  let before = await running()
  const deadline = Date.now() + INSERTS_WAIT_MS
  while (before.length > 0) {
    signal.throwIfAborted()
    if (Date.now() > deadline)
      throw new CandlewireError(
        'STORE_FAILED',
        `An insert into ClickHouse takes longer than ${INSERTS_WAIT_MS / 1_000} s; run the command again to complete it`,
      )
    await delay(LOOK_MS)
    const now = new Set(await running())
    before = before.filter((id) => now.has(id))
  }
}

const COLUMNS = rowEncoder(mappingsOf([featuresTopic])[0]!)
  .columns.map(({ name }) => `\`${name}\``)
  .join(', ')

/** Rows published behind the ends. */
export function tailCondition(ends: readonly GenerationEnd[]): string {
  if (ends.length === 0) return 'true'
  const behind = ends.map(
    ({ partition, publishedBefore }) =>
      `(source_partition = ${partition} AND source_offset >= ${publishedBefore})`,
  )
  const others = ends.map(({ partition }) => partition).join(', ')
  return `(${behind.join(' OR ')} OR source_partition NOT IN (${others}))`
}

/** Those that are there already are not written again, so it may be repeated at any time. */
async function copyTail(
  store: ClickHouse,
  { from, to, ends }: { from: string; to: string; ends: readonly GenerationEnd[] },
): Promise<void> {
  const tail = tailCondition(ends)
  await store.command(
    `INSERT INTO ${to} (${COLUMNS}) SELECT ${COLUMNS} FROM ${from} FINAL WHERE ${tail}
      AND (source_partition, source_offset) NOT IN (SELECT source_partition, source_offset FROM ${to} WHERE ${tail})`,
  )
}
