/**
 * Brings the database up to date: the numbered files in `migrations/`, each once, then the feature
 * columns from the feature sets.
 *
 * ClickHouse has neither transactions nor locks for this, so every statement must be harmless when
 * it runs twice (IF NOT EXISTS, IF EXISTS; a test holds the files to it). Two processes that start at
 * once then both do all of it, and the table of what was applied collapses their equal rows.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import { withRetry } from '../retry.ts'
import { ClickHouse, isTransient, type ClickHouseConfig } from './client.ts'
import { addFeatureColumnsSql } from './feature-columns.ts'

export interface Migration {
  /** File name, for example `0001_candles_and_news.sql`; the order is that of the names. */
  readonly name: string
  /** sha256 of the text with Unix line ends, hex. */
  readonly checksum: string
  readonly statements: readonly string[]
}

/** How long the store may take to come up before the process gives up and says so. */
const STORE_WAIT_MS = 60_000

/** Compiled code lies in `dist/`; the files stay in the source tree. */
const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url)).replace(
  /[\\/]dist([\\/]processors[\\/].*)$/,
  '$1',
)

/** The migrations in the repository, in order. */
export function readMigrations(folder = FOLDER): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
    return {
      name,
      checksum: createHash('sha256').update(text).digest('hex'),
      statements: statementsOf(text),
    }
  })
}

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
function statementsOf(text: string): string[] {
  const code = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
  return code
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

const APPLIED_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name String COMMENT 'File name of the migration',
  checksum String COMMENT 'sha256 of its text, hex',
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied'
) ENGINE = ReplacingMergeTree ORDER BY name COMMENT 'Migrations that were applied'`

/**
 * Applies what is missing. Waits up to a minute for the store.
 * @throws CandlewireError STORE_FAILED, or STORE_SCHEMA_WRONG if an applied file was edited since.
 */
export async function migrate(
  config: ClickHouseConfig,
  logger: Logger,
  migrations = readMigrations(),
): Promise<void> {
  const server = new ClickHouse(config, 'default')
  const store = new ClickHouse(config)
  try {
    const wait = {
      what: 'reaching ClickHouse',
      logger,
      signal: AbortSignal.timeout(STORE_WAIT_MS),
      retryable: isTransient,
    }
    await withRetry(wait, () =>
      server.command(`CREATE DATABASE IF NOT EXISTS ${config.clickhouseDatabase}`),
    )
    await withRetry(wait, () => applyAll(store, logger, migrations))
  } finally {
    await server.close()
    await store.close()
  }
}

async function applyAll(
  store: ClickHouse,
  logger: Logger,
  migrations: readonly Migration[],
): Promise<void> {
  await store.command(APPLIED_TABLE)
  const rows = await store.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations FINAL',
  )
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]))
  for (const migration of migrations) {
    const checksum = applied.get(migration.name)
    if (checksum === undefined) await apply(store, logger, migration)
    else if (checksum !== migration.checksum) {
      throw new CandlewireError(
        'STORE_SCHEMA_WRONG',
        `Migration ${migration.name} was edited after it was applied (${checksum.slice(0, 12)} then, ${migration.checksum.slice(0, 12)} now)`,
      )
    }
  }
  await store.command(addFeatureColumnsSql())
}

async function apply(
  store: ClickHouse,
  logger: Logger,
  { name, checksum, statements }: Migration,
): Promise<void> {
  for (const statement of statements) {
    try {
      await store.command(statement)
    } catch (thrown) {
      if (isTransient(thrown)) throw thrown
      throw new CandlewireError('STORE_SCHEMA_WRONG', `Migration ${name}: ${messageOf(thrown)}`, {
        cause: thrown,
      })
    }
  }
  await store.command(
    `INSERT INTO schema_migrations (name, checksum) VALUES ('${name}', '${checksum}')`,
  )
  logger.info({ migration: name }, 'Migration applied')
}
