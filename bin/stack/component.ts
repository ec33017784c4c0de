/** What the stack knows of each of its four stores; one file per store says the rest. */
import type { Config } from '../../streams/config.ts'
import type { ProcessSpec } from './managed-process.ts'
import type { OnProgress } from './progress.ts'

export type ComponentName = 'kafka' | 'registry' | 'redis' | 'clickhouse'

export interface PortUse {
  readonly port: number
  /** The environment variable that sets it. */
  readonly variable: string
}

export interface Component {
  readonly name: ComponentName
  readonly title: string
  readonly needsJava: boolean
  /** Ports it listens on, the one clients use first. */
  ports(config: Config): readonly [PortUse, ...PortUse[]]
  /** Where clients find it; never with a password in it. */
  address(config: Config): string
  /** Fetches and formats what the process needs, and says how to run it. Safe to repeat. */
  prepare(config: Config, onProgress: OnProgress, signal?: AbortSignal): Promise<ProcessSpec>
  /** Whether it answers now. Bounded in time; a refusal is false, not an error. */
  isHealthy(config: Config): Promise<boolean>
  /** Longest boot, in ms. */
  readonly bootTimeoutMs: number
}
