/**
 * The local stack as a whole: brings up what is not running, stops what was started here, and says
 * how things are. Everything can be repeated: a second `bringUp` changes nothing, and one that was
 * killed is completed by the next, which finds processes by their records (managed-process.ts).
 */
import { join } from 'node:path'
import { LOOPBACK, type Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Component } from './component.ts'
import { COMPONENTS } from './components.ts'
import { withLock } from './exclusive-lock.ts'
import { requireJava } from './java.ts'
import { warmUpKafka } from './kafka-warm-up.ts'
import { requireResources } from './machine.ts'
import { startProcess, stopProcess } from './managed-process.ts'
import { requireFree } from './ports.ts'
import { forget, isRunning, logTail, readRecord, readRecords } from './process-records.ts'
import { silent, type OnProgress } from './progress.ts'
import { registerSchemas } from './register-schemas.ts'
import { stackStatus, type StackStatus } from './stack-status.ts'
import { waitUntil } from './wait-until.ts'

const LOCK_TIMEOUT_MS = 10 * 60_000
const POLL_MS = 250

export interface UpOptions {
  readonly onProgress?: OnProgress
  /** Aborting stops the waiting, not what was started: `bringDown` does that. */
  readonly signal?: AbortSignal
}

/**
 * Starts what is missing, waits until all of it really works, creates the topics and registers the
 * schemas. Services that settings point elsewhere are only checked.
 *
 * @throws CandlewireError REQUIREMENT_MISSING, PORT_TAKEN, DOWNLOAD_FAILED, SERVICE_NOT_READY, ...
 */
export async function bringUp(config: Config, options: UpOptions = {}): Promise<StackStatus> {
  const onProgress = options.onProgress ?? silent
  await withLock(
    lockFile(config),
    { ...lockOptions('candlewire up', onProgress), ...signalOf(options) },
    async () => {
      const own = COMPONENTS.filter((component) => !config.external[component.name])
      const missing = own.filter((component) => !isRunning(readRecord(config, component.name)))
      if (missing.length > 0) await requireResources(config)
      if (missing.some((component) => component.needsJava)) await requireJava()
      for (const component of own) {
        if (missing.includes(component)) await requireFree(LOOPBACK, component.ports(config))
        else requireSamePort(config, component)
      }
      await allOrFirstError(COMPONENTS.map((component) => bringUpOne(config, component, options)))
      await allOrFirstError([warmUpKafka(config, onProgress), registerSchemas(config, onProgress)])
    },
  )
  return stackStatus(config)
}

/** Stops everything that was started on this data directory: services first, then the stores. */
export async function bringDown(
  config: Config,
  options: { onProgress?: OnProgress } = {},
): Promise<readonly string[]> {
  const onProgress = options.onProgress ?? silent
  return withLock(lockFile(config), lockOptions('candlewire down', onProgress), async () => {
    const stopped: string[] = []
    for (const stage of ['service', 'store'] as const) {
      const records = readRecords(config).filter((record) => record.stage === stage)
      await allOrFirstError(
        records.map(async (record) => {
          if (record.identity?.pid === process.pid) return
          onProgress({ subject: record.name, phase: 'stopping' })
          const how = await stopProcess(config, record)
          if (how !== 'absent') stopped.push(record.name)
          onProgress({
            subject: record.name,
            phase: how === 'absent' ? 'was not running' : how,
            done: true,
          })
        }),
      )
    }
    return stopped
  })
}

async function bringUpOne(config: Config, component: Component, options: UpOptions): Promise<void> {
  const { name, title } = component
  const onProgress = options.onProgress ?? silent
  const external = config.external[name]
  const ran = !external && isRunning(readRecord(config, name))
  if (!external && !ran) {
    const spec = await component.prepare(config, onProgress, options.signal)
    options.signal?.throwIfAborted()
    await startProcess(config, spec)
  }
  const startedAt = performance.now()
  const phase =
    external || ran
      ? `waiting for ${component.address(config)} to answer`
      : 'booting, waiting for it to answer'
  const healthy = await waitUntil(
    async () => {
      if (await component.isHealthy(config)) return true
      onProgress({
        subject: name,
        phase,
        detail: `${Math.round((performance.now() - startedAt) / 1000)} s`,
      })
      if (!external && !isRunning(readRecord(config, name))) throw endedEarly(config, component)
      return false
    },
    {
      timeoutMs: external ? 15_000 : component.bootTimeoutMs,
      intervalMs: POLL_MS,
      ...signalOf(options),
    },
  )
  if (!healthy) {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const log = readRecord(config, name)?.logFile
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `${title} does not answer at ${component.address(config)} after ${seconds} s` +
        (external || log === undefined ? '' : `; its log is ${log}`),
    )
  }
  onProgress({ subject: name, phase: `ready at ${component.address(config)}`, done: true })
}

function endedEarly(config: Config, component: Component): CandlewireError {
  const record = readRecord(config, component.name)
  forget(config, component.name)
  const said =
    record === undefined ? '' : `; the end of ${record.logFile}:\n${logTail(record, 8)}\n`
  return new CandlewireError('SERVICE_NOT_READY', `${component.title} ended while it booted${said}`)
}

function requireSamePort(config: Config, component: Component): void {
  const running = readRecord(config, component.name)?.port
  const { port, variable } = component.ports(config)[0]
  if (running === undefined || running === port) return
  throw new CandlewireError(
    'CONFIG_INVALID',
    `${component.title} runs on port ${running} but ${variable} is ${port}; run \`candlewire down\` first`,
  )
}

/** All are awaited before the first failure is thrown, so nothing goes on behind the caller's back. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

const lockFile = (config: Config): string => join(config.dataDir, 'stack.lock')
const signalOf = (options: UpOptions) =>
  options.signal === undefined ? {} : { signal: options.signal }
const lockOptions = (purpose: string, onProgress: OnProgress) => ({
  timeoutMs: LOCK_TIMEOUT_MS,
  purpose,
  onWait: (holder: string) =>
    onProgress({ subject: 'stack', phase: `waiting for another command: ${holder}` }),
})
