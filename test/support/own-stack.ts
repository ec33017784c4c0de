/**
 * A stack of one test file's own, for what judges whole topics or spoils them, and for what takes the
 * stores away. A killed run is swept up by the next one's set-up.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../bin/stack/ports.ts'
import { identify } from '../../bin/stack/process-identity.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import { testConfig } from './kafka-client.ts'
import { OWNER, PREFIX } from './test-folders.ts'

export interface OwnStack {
  /** For `testClients` and commands that a test spawns. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export async function startOwnStack(): Promise<OwnStack> {
  const dataDir = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(join(dataDir, OWNER), JSON.stringify(identify(process.pid)))
  const [kafka, controller, registry, redis, clickhouse] = await freePorts('127.0.0.1', 5)
  const environment = {
    CANDLEWIRE_DATA_DIR: dataDir,
    KAFKA_PORT: String(kafka),
    KAFKA_CONTROLLER_PORT: String(controller),
    SCHEMA_REGISTRY_PORT: String(registry),
    REDIS_PORT: String(redis),
    CLICKHOUSE_PORT: String(clickhouse),
    // Empty as if not set: those of the shared stack are in the environment.
    KAFKA_BROKERS: '',
    SCHEMA_REGISTRY_URL: '',
    REDIS_URL: '',
    CLICKHOUSE_URL: '',
  }
  const config = testConfig(environment)
  const stop = async () => {
    await bringDown(config)
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await bringUp(config)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return { environment, stop }
}
