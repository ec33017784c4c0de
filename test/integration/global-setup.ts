/**
 * One real stack for all integration tests: on free ports, in a directory of its own that is removed
 * afterwards. Its addresses go through the environment, so that commands the tests spawn meet the
 * same stack. Where the environment already names a store, that one is used.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../bin/stack/ports.ts'
import { projectRoot } from '../../bin/project-root.ts'
import { identify, isAlive, type ProcessIdentity } from '../../bin/stack/process-identity.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import { progressLine } from '../../bin/progress-line.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { buildPrograms } from '../support/built-programs.ts'
import { OWNER, PREFIX } from '../support/test-folders.ts'

export default async function setUp(): Promise<() => Promise<void>> {
  await sweep()
  const dataDir = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(join(dataDir, OWNER), JSON.stringify(identify(process.pid)))
  const [kafka = 0, controller = 0, registry = 0, redis = 0, clickhouse = 0, http = 0] =
    await freePorts('127.0.0.1', 6)
  Object.assign(process.env, {
    CANDLEWIRE_DATA_DIR: dataDir,
    // Downloads are shared with `candlewire up` of this clone and happen once.
    CANDLEWIRE_LIB_DIR:
      process.env['CANDLEWIRE_LIB_DIR'] ?? join(projectRoot, '.candlewire', 'lib'),
    KAFKA_PORT: String(kafka),
    KAFKA_CONTROLLER_PORT: String(controller),
    SCHEMA_REGISTRY_PORT: String(registry),
    REDIS_PORT: String(redis),
    CLICKHOUSE_PORT: String(clickhouse),
    HTTP_PORT: String(http),
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
  })
  const config = loadConfig(process.env)
  const tearDown = async () => {
    await bringDown(config)
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  const progress = progressLine()
  try {
    // Beside the boots of the stores, but not left by their failure.
    const [up, built] = await Promise.allSettled([bringUp(config, progress), buildPrograms()])
    for (const settled of [up, built]) if (settled.status === 'rejected') throw settled.reason
  } catch (thrown) {
    await tearDown()
    throw thrown
  } finally {
    progress.end()
  }
  exportAddresses(config)
  return tearDown
}

function exportAddresses(config: Config): void {
  Object.assign(process.env, {
    KAFKA_BROKERS: config.kafkaBrokers,
    SCHEMA_REGISTRY_URL: config.registryUrl,
    REDIS_URL: config.redisUrl,
    CLICKHOUSE_URL: config.clickhouseUrl,
  })
}

/** Stops what earlier runs left behind that were killed before they could do it themselves. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const dataDir = join(tmpdir(), name)
    const file = join(dataDir, OWNER)
    if (!existsSync(file)) continue
    const owner = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
    if (isAlive(owner)) continue
    await bringDown(loadConfig({ CANDLEWIRE_DATA_DIR: dataDir }))
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}
