/** How the stack is: what runs, since when, and whether it answers. */
import type { Config } from '../../streams/config.ts'
import type { Component } from './component.ts'
import { COMPONENTS } from './components.ts'
import { isRunning, readRecord, readRecords } from './process-records.ts'

export interface ServiceStatus {
  readonly name: string
  /** `external`: given by a setting, neither started nor stopped here. */
  readonly state: 'running' | 'stopped' | 'external'
  /** Whether it answered just now; of our own services (not stores) that the process is alive. */
  readonly healthy: boolean
  readonly address?: string
  readonly pid?: number
  readonly port?: number
  readonly uptimeSeconds?: number
  readonly logFile?: string
}

export interface StackStatus {
  readonly dataDir: string
  readonly services: readonly ServiceStatus[]
}

/** How every store is, and every other process that was started on this data directory. */
export async function stackStatus(config: Config): Promise<StackStatus> {
  const stores = await Promise.all(COMPONENTS.map((component) => statusOf(config, component)))
  const names = new Set<string>(COMPONENTS.map((component) => component.name))
  const services = readRecords(config)
    .filter((record) => !names.has(record.name))
    .map((record): ServiceStatus => ({
      name: record.name,
      healthy: isRunning(record),
      ...processStatus(config, record.name),
    }))
  return { dataDir: config.dataDir, services: [...stores, ...services] }
}

async function statusOf(config: Config, component: Component): Promise<ServiceStatus> {
  const { name } = component
  const address = component.address(config)
  const healthy = await component.isHealthy(config)
  if (config.external[name]) return { name, state: 'external', healthy, address }
  const status = processStatus(config, name)
  return { name, ...status, healthy: healthy && status.state === 'running', address }
}

function processStatus(
  config: Config,
  name: string,
): Pick<ServiceStatus, 'state' | 'pid' | 'port' | 'uptimeSeconds' | 'logFile'> {
  const record = readRecord(config, name)
  if (record?.identity === undefined || !isRunning(record)) return { state: 'stopped' }
  return {
    state: 'running',
    pid: record.identity.pid,
    uptimeSeconds: Math.round((Date.now() - record.startedAtMs) / 1000),
    ...(record.port === undefined ? {} : { port: record.port }),
    ...(record.logFile === '' ? {} : { logFile: record.logFile }),
  }
}
