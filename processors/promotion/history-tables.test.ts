/** The switch of tables under crashes at every statement, runs side by side, and a sink that writes on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'
import {
  historyTables,
  PUBLISHED,
  shownBy,
  switchHistory,
  tailCondition,
} from './history-tables.ts'

const ENDS = [{ partition: 0, candlesBefore: 5, publishedBefore: 5 }]

interface Table {
  comment: string
  /** Offsets, each with who made the row. */
  readonly rows: Map<number, string>
}

/** The statements of the switch over tables in memory; each may be the last of its run. */
class FakeStore {
  readonly tables = new Map<string, Table>()
  statements = 0
  /** Statement before which a run is killed. */
  killAt = Infinity
  /** Called before every statement: others do something. */
  between: () => Promise<void> = () => Promise.resolve()

  constructor() {
    const published = new Map([0, 1, 2, 3, 4, 5, 6].map((offset) => [offset, 'published']))
    this.tables.set('features', { comment: 'as migrated', rows: published })
    const made = new Map([0, 1, 2, 3, 4].map((offset) => [offset, 'made']))
    this.tables.set('features_of_g', { comment: 'whole [shows g]', rows: made })
    this.tables.set('features_of_h', { comment: 'is being filled', rows: new Map() })
  }

  /** What the sink does: into whatever has the name now. */
  write(offset: number): void {
    this.table('features').rows.set(offset, 'published')
  }

  async query(sql: string): Promise<unknown[]> {
    await this.step()
    if (sql.includes('system.processes')) return []
    return [...this.tables].sort().map(([name, { comment }]) => ({ name, comment }))
  }

  async command(sql: string): Promise<void> {
    await this.step()
    const [, a = '', b = ''] =
      /^RENAME TABLE (\S+) TO (\S+)$/.exec(sql) ??
      /^EXCHANGE TABLES (\S+) AND (\S+)$/.exec(sql) ??
      /^DROP TABLE IF EXISTS (\S+)$/.exec(sql) ??
      /^INSERT INTO (\S+) [^]* FROM (\S+) FINAL WHERE/.exec(sql) ??
      []
    if (sql.startsWith('RENAME')) {
      this.tables.set(b, this.table(a))
      this.tables.delete(a)
    } else if (sql.startsWith('EXCHANGE')) {
      const [one, other] = [this.table(a), this.table(b)]
      this.tables.set(a, other)
      this.tables.set(b, one)
    } else if (sql.startsWith('DROP')) this.tables.delete(a)
    else if (sql.startsWith('INSERT')) {
      const into = this.table(a).rows
      for (const [offset, by] of this.table(b).rows)
        if (offset >= 5 && !into.has(offset)) into.set(offset, by)
    } else if (!sql.startsWith('ALTER')) throw new Error(`Not known here: ${sql}`)
  }

  private async step(): Promise<void> {
    await this.between()
    this.statements += 1
    if (this.statements === this.killAt) throw new Error('Killed')
  }

  private table(name: string): Table {
    const found = this.tables.get(name)
    // As ClickHouse says it: no waiting helps.
    if (found === undefined)
      throw new CandlewireError('STORE_SCHEMA_WRONG', `UNKNOWN_TABLE ${name}`)
    return found
  }
}

const run = (fake: FakeStore, shows: string): Promise<void> =>
  switchHistory({
    store: fake as unknown as ClickHouse,
    shows,
    ends: ENDS,
    signal: new AbortController().signal,
  })
const shown = (fake: FakeStore) => [...fake.tables.get('features')!.rows].sort(([a], [b]) => a - b)
const made = [0, 1, 2, 3, 4].map((offset) => [offset, 'made'])
const behind = (to: number) => Array.from({ length: to - 5 }, (_, at) => [5 + at, 'published'])

describe('a switch of tables', () => {
  it('shows the other computation with all that was published behind it, and goes back', async () => {
    const fake = new FakeStore()
    await run(fake, 'g')
    expect(shown(fake)).toEqual([...made, ...behind(7)])
    fake.write(7)
    await run(fake, PUBLISHED)
    expect(shown(fake)).toEqual([
      ...[0, 1, 2, 3, 4].map((offset) => [offset, 'published']),
      ...behind(8),
    ])
    // What was being filled is not taken for anything.
    expect(await historyTables(fake as unknown as ClickHouse)).toEqual([
      { name: 'features', shows: PUBLISHED },
      { name: 'features_of_h', shows: undefined },
    ])
  })

  it('is complete after a second run, wherever the first was killed, while the sink writes on', async () => {
    for (let killAt = 1; killAt < 20; killAt += 1) {
      const fake = new FakeStore()
      let next = 7
      fake.killAt = killAt
      fake.between = () => Promise.resolve(fake.write(next++))
      await run(fake, 'g').catch((thrown: unknown) => {
        if (!String(thrown).includes('Killed')) throw thrown
      })
      // At every moment readers see one or the other.
      expect([made.length, 0]).toContain(shown(fake).filter(([, by]) => by === 'made').length)
      fake.killAt = Infinity
      await run(fake, 'g')
      // The sink's own position is the newest offset that readers see: nothing before it may lack.
      const newest = shown(fake).at(-1)![0]
      expect(shown(fake)).toEqual([...made, ...behind(newest + 1)])
      expect(newest).toBeGreaterThanOrEqual(next - 2)
    }
  })

  it('is right after runs side by side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 3 }), async (scheduler, runs) => {
        const fake = new FakeStore()
        fake.between = () => scheduler.schedule(Promise.resolve())
        const all = Promise.allSettled(Array.from({ length: runs }, () => run(fake, 'g')))
        await scheduler.waitFor(all)
        fake.between = () => Promise.resolve()
        await run(fake, 'g')
        expect(shownBy(await historyTables(fake as unknown as ClickHouse))).toBe('g')
        expect(shown(fake)).toEqual([...made, ...behind(7)])
      }),
      { numRuns: 200 },
    )
  })

  it('never loses what was published, whatever runs side by side want', async () => {
    const targets = fc.array(fc.constantFrom('g', PUBLISHED), { minLength: 2, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), targets, async (scheduler, wanted) => {
        const fake = new FakeStore()
        fake.between = () => scheduler.schedule(Promise.resolve())
        await scheduler.waitFor(Promise.allSettled(wanted.map((shows) => run(fake, shows))))
        fake.between = () => Promise.resolve()
        await run(fake, PUBLISHED)
        const before = [0, 1, 2, 3, 4].map((offset) => [offset, 'published'])
        expect(shown(fake)).toEqual([...before, ...behind(7)])
      }),
      { numRuns: 200 },
    )
  })

  it('to a table that is not there is refused', async () => {
    await expect(run(new FakeStore(), 'x')).rejects.toThrow('holds all of generation x')
  })
})

it('tells what was published behind the ends, other partitions included', () => {
  expect(tailCondition([])).toBe('true')
  expect(tailCondition([...ENDS, { partition: 2, candlesBefore: 0, publishedBefore: 0 }])).toBe(
    '((source_partition = 0 AND source_offset >= 5) OR (source_partition = 2 AND source_offset >= 0) OR source_partition NOT IN (0, 2))',
  )
})
