/** Redis: one from the PATH if it is recent enough, else the pinned binary. Appends every write. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { LOOPBACK, type Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { ensureArtefact } from './artefacts.ts'
import type { Component } from './component.ts'
import { findOnPath } from './find-on-path.ts'

/** Needed: streams, scripts and `SET ... KEEPTTL`. */
const MAJOR_LEAST = 6
const PROBE_TIMEOUT_MS = 5_000

export interface RedisBinary {
  readonly path: string
  readonly major: number
}

export const redisServer: Component = {
  name: 'redis',
  title: 'Redis',
  needsJava: false,
  bootTimeoutMs: 60_000,
  ports: (config) => [{ port: config.redisPort, variable: 'REDIS_PORT' }],
  address: (config) => withoutPassword(config.redisUrl),
  async prepare(config, onProgress, signal) {
    const binary = (await redisOnPath()) ?? (await pinned(config, onProgress, signal))
    // A newer Redis writes files an older one cannot read, and which one is found may change.
    const folder = join(config.dataDir, `redis-${binary.major}`)
    await mkdir(folder, { recursive: true })
    return {
      name: 'redis',
      stage: 'store',
      port: config.redisPort,
      stopTimeoutMs: 15_000,
      command: binary.path,
      args: [
        '--bind',
        LOOPBACK,
        '--port',
        String(config.redisPort),
        '--dir',
        folder,
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
        '--daemonize',
        'no',
        '--loglevel',
        'notice',
      ],
    }
  },
  async isHealthy(config) {
    const redis = new Redis(config.redisUrl, {
      lazyConnect: true,
      connectTimeout: PROBE_TIMEOUT_MS,
      commandTimeout: PROBE_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return (await redis.ping()) === 'PONG'
    } catch (thrown) {
      if (thrown instanceof Error) return false
      throw thrown
    } finally {
      redis.disconnect()
    }
  },
}

/** A redis-server or valkey-server of this machine that is recent enough and runs. */
export async function redisOnPath(): Promise<RedisBinary | undefined> {
  for (const program of ['redis-server', 'valkey-server']) {
    const path = findOnPath(program)
    const major = path === undefined ? undefined : await majorOf(path).catch(() => undefined)
    if (path !== undefined && major !== undefined && major >= MAJOR_LEAST) return { path, major }
  }
  return undefined
}

async function pinned(
  config: Config,
  onProgress: Parameters<Component['prepare']>[1],
  signal?: AbortSignal,
): Promise<RedisBinary> {
  const path = await ensureArtefact(config, 'redis', {
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    return { path, major: await majorOf(path) }
  } catch (thrown) {
    throw new CandlewireError(
      'REQUIREMENT_MISSING',
      `The pinned Redis does not run here (it needs OpenSSL 3 and glibc 2.34): install a redis-server or valkey-server, version ${MAJOR_LEAST} or later. ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
}

/** `Redis server v=7.0.15 sha=...`, `Valkey server v=9.0.0 ...` */
async function majorOf(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: PROBE_TIMEOUT_MS })
  const major = Number(/v=(\d+)\./.exec(stdout)?.[1])
  if (Number.isNaN(major)) throw new Error(`${path} --version says ${stdout.slice(0, 100)}`)
  return major
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
