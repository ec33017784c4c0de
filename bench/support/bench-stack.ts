/** A local stack of its own for a benchmark, in a folder that goes with it, on ports that are free. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../bin/project-root.ts'
import { freePorts } from '../../bin/stack/ports.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import { openContext, type RunContext } from '../../bin/start/run-context.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { createLogger } from '../../streams/log.ts'

const PORTS = [
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'SCHEMA_REGISTRY_PORT',
  'REDIS_PORT',
  'CLICKHOUSE_PORT',
  'HTTP_PORT',
] as const

/** Settings of a stack in `folder` on free ports; they stand in the environment too, for the processes started. */
export async function benchConfig(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const ports = await freePorts('127.0.0.1', PORTS.length)
  PORTS.forEach((name, index) => (process.env[name] = String(ports[index])))
  Object.assign(process.env, {
    CANDLEWIRE_DATA_DIR: folder,
    CANDLEWIRE_LIB_DIR:
      process.env['CANDLEWIRE_LIB_DIR'] ?? join(projectRoot, '.candlewire', 'lib'),
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
    ...more,
  })
  return loadConfig(process.env)
}

/** Brings the stack up, runs `work` on it and takes it down again, whatever happens. */
export async function onBenchStack(
  work: (context: RunContext, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  const config = await benchConfig(folder)
  try {
    await bringUp(config)
    const context = await openContext({
      config,
      logger: createLogger(config, 'bench'),
      reporter: { line: () => undefined, progress: () => undefined },
      serverUrl: '',
      signal: new AbortController().signal,
      startedAtMs: Date.now(),
    })
    await work(context, folder)
    await context.close()
  } finally {
    await bringDown(config)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
