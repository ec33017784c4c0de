import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  parsePs,
  usageFromPs,
  usageFromProc,
  watchUsage,
  type ProcessUsage,
} from './process-usage.ts'

describe('parsePs', () => {
  it.each([
    [' 12345 00:01:02\n', 12_345, 62],
    ['  512   1:02.50\n', 512, 62.5],
    ['99 2-03:04:05', 99, 2 * 86_400 + 3 * 3_600 + 4 * 60 + 5],
  ])('reads %j', (line, kib, cpuSeconds) => {
    expect(parsePs(line)).toEqual({ rssBytes: kib * 1024, cpuSeconds })
  })

  it('knows when there is no process', () => {
    expect(parsePs('')).toBeUndefined()
  })
})

describe.runIf(process.platform === 'linux')('usageFromProc', () => {
  it('agrees with the process itself', async () => {
    const usage = await usageFromProc(process.pid)
    const own = process.memoryUsage.rss()
    expect(Math.abs((usage?.rssBytes ?? 0) - own)).toBeLessThan(0.2 * own)
    const { user, system } = process.cpuUsage()
    expect(Math.abs((usage?.cpuSeconds ?? 0) - (user + system) / 1e6)).toBeLessThan(1)
  })

  it('knows when there is no process', async () => {
    expect(await usageFromProc(2 ** 22 + 1)).toBeUndefined()
  })
})

it('gets the same from ps where there is one', async () => {
  const usage = await usageFromPs(process.pid)
  if (usage !== undefined) expect(usage.rssBytes).toBeGreaterThan(2 ** 20)
  expect(await usageFromPs(2 ** 22 + 1)).toBeUndefined()
})

it('watches until the process is gone or nobody asks any more', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const first = await new Promise<ProcessUsage>((resolve) => {
    const stop = watchUsage(child.pid, (usage) => {
      stop()
      resolve(usage)
    })
  })
  expect(first.rssBytes).toBeGreaterThan(0)
  child.kill('SIGKILL')
})
