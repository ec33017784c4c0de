/** What the machine is busy with, looked up at each scrape. */
import { statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { SYSTEM_METRICS } from './definitions/system-metrics.ts'
import type { MetricSet } from './metric-set.ts'

const MB = 1_000_000

interface CpuTimes {
  readonly busyMs: number
  readonly totalMs: number
}

/** Adds the metrics of the machine. One process of a machine should. @param folder on the disk looked at */
export function exportSystem(metrics: MetricSet, folder: string): void {
  const cpuPercent = metrics.gauge(SYSTEM_METRICS.cpuPercent)
  const ramUsed = metrics.gauge(SYSTEM_METRICS.ramUsed)
  const ramRatio = metrics.gauge(SYSTEM_METRICS.ramRatio)
  const diskUsed = metrics.gauge(SYSTEM_METRICS.diskUsed)
  const diskRatio = metrics.gauge(SYSTEM_METRICS.diskRatio)
  let before = cpuTimes()
  metrics.onScrape(async () => {
    const now = cpuTimes()
    cpuPercent.set(busyPercent(before, now))
    before = now
    // On Linux what Node calls free is what is available, page cache included.
    const used = totalmem() - freemem()
    ramUsed.set(used / MB)
    ramRatio.set(used / totalmem())
    const disk = await statfs(folder)
    const usedBlocks = disk.blocks - disk.bfree
    diskUsed.set((usedBlocks * disk.bsize) / MB)
    // As `df` does: what only root may use counts neither as used nor as free.
    diskRatio.set(usedBlocks / Math.max(1, usedBlocks + disk.bavail))
  })
}

/** Share of the time between two looks in which a core was busy, 0 to 100. */
export function busyPercent(before: CpuTimes, now: CpuTimes): number {
  const total = now.totalMs - before.totalMs
  return total <= 0 ? 0 : (100 * (now.busyMs - before.busyMs)) / total
}

function cpuTimes(): CpuTimes {
  let [busyMs, totalMs] = [0, 0]
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq
    busyMs += all - times.idle
    totalMs += all
  }
  return { busyMs, totalMs }
}
