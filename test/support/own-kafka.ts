/**
 * A broker and a registry of one test file's own, for what judges whole topics or spoils them; Redis
 * and ClickHouse stay those that all tests share. A killed run is swept up by the next one's set-up.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../bin/stack/ports.ts'
import { identify } from '../../bin/stack/process-identity.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import { testConfig } from './kafka-client.ts'
import { OWNER, PREFIX } from './test-folders.ts'

export interface OwnKafka {
  /** For `testClients` and commands that a test spawns. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export async function startOwnKafka(): Promise<OwnKafka> {
  const dataDir = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(join(dataDir, OWNER), JSON.stringify(identify(process.pid)))
  const [kafka = 0, controller = 0, registry = 0] = await freePorts('127.0.0.1', 3)
  const environment = {
    CANDLEWIRE_DATA_DIR: dataDir,
    KAFKA_PORT: String(kafka),
    KAFKA_CONTROLLER_PORT: String(controller),
    SCHEMA_REGISTRY_PORT: String(registry),
    // Empty as if not set: those of the shared stack are in the environment.
    KAFKA_BROKERS: '',
    SCHEMA_REGISTRY_URL: '',
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
