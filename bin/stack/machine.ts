/** What this machine has left: disk, memory, shared libraries. */
import koffi from 'koffi'
import { existsSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'

/** Artefacts take 0.4 GB unpacked; the rest is for data. */
export const DISK_LEAST_BYTES = 1_500_000_000
/** Kafka takes about 0.5 GB, the registry 0.3, ClickHouse 0.4. */
export const MEMORY_LEAST_BYTES = 1_200_000_000

/** Free bytes for ordinary users on the disk a path is (or would be) on. */
export async function freeDiskBytes(path: string): Promise<number> {
  if (!existsSync(path)) return freeDiskBytes(dirname(path))
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/** Memory programs can get: free, or held by caches that give way; also what a container may use. */
export function availableMemoryBytes(): number {
  const system = existsSync('/proc/meminfo')
    ? Number(/MemAvailable:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) *
      1024
    : freemem()
  return Math.min(system || freemem(), leftInContainer())
}

/** Control groups, version 2; Infinity where there is no limit. */
function leftInContainer(): number {
  const read = (name: string) =>
    existsSync(`/sys/fs/cgroup/${name}`)
      ? readFileSync(`/sys/fs/cgroup/${name}`, 'utf8').trim()
      : 'max'
  const [limit, used] = [read('memory.max'), read('memory.current')]
  if (limit === 'max' || used === 'max') return Infinity
  const reclaimable = Number(/^inactive_file (\d+)$/m.exec(read('memory.stat'))?.[1] ?? 0)
  return Number(limit) - Number(used) + reclaimable
}

/** @throws CandlewireError REQUIREMENT_MISSING */
export async function requireResources(config: Config): Promise<void> {
  const disk = await freeDiskBytes(config.dataDir)
  if (disk < DISK_LEAST_BYTES) {
    throw new CandlewireError(
      'REQUIREMENT_MISSING',
      `Only ${gigabytes(disk)} GB are free at ${config.dataDir}, ${gigabytes(DISK_LEAST_BYTES)} are needed: free some, or set CANDLEWIRE_DATA_DIR to another disk.`,
    )
  }
  const memory = availableMemoryBytes()
  if (memory < MEMORY_LEAST_BYTES) {
    throw new CandlewireError(
      'REQUIREMENT_MISSING',
      `Only ${gigabytes(memory)} GB of memory are available, the stores need ${gigabytes(MEMORY_LEAST_BYTES)}: close other programs.`,
    )
  }
}

export const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)

/** Whether the dynamic linker finds one of these libraries. */
export function hasLibrary(names: readonly string[]): boolean {
  return names.some((name) => {
    try {
      koffi.load(name).unload()
      return true
    } catch (thrown) {
      if (thrown instanceof Error) return false
      throw thrown
    }
  })
}
