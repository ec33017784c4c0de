import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterAll, describe, expect, it } from 'vitest'
import { withLock } from './exclusive-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const options = { timeoutMs: 10_000, purpose: 'a test' }

describe('exclusive lock', () => {
  it('lets one at a time in', async () => {
    let [inside, most, total] = [0, 0, 0]
    await Promise.all(
      Array.from({ length: 5 }, () =>
        withLock(join(folder, 'a'), options, async () => {
          inside += 1
          most = Math.max(most, inside)
          await new Promise((resolve) => setImmediate(resolve))
          inside -= 1
          total += 1
        }),
      ),
    )
    expect([most, total]).toEqual([1, 5])
  })

  it('is given back when the work fails', async () => {
    await expect(
      withLock(join(folder, 'b'), options, () => Promise.reject(new Error('boom'))),
    ).rejects.toThrow('boom')
    expect(await withLock(join(folder, 'b'), options, () => Promise.resolve(1))).toBe(1)
  })

  it('says who holds it, gives up after a while, and is free when its holder is killed', async () => {
    const path = join(folder, 'c')
    const program = `import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'exclusive-lock.ts'))}
      await withLock(${JSON.stringify(path)}, { timeoutMs: 1000, purpose: 'the other' }, () => { console.log('held'); return new Promise(() => setInterval(() => 0, 1000)) })`
    const holder = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(holder.stdout, 'data')
    const waited: string[] = []
    const taken = withLock(
      path,
      { timeoutMs: 300, purpose: 'a test', onWait: (who) => waited.push(who) },
      () => Promise.resolve(),
    )
    await expect(taken).rejects.toMatchObject({ code: 'STACK_BUSY' })
    expect(waited).toEqual([`the other (process ${holder.pid})`])
    holder.kill('SIGKILL')
    expect(await withLock(path, options, () => Promise.resolve('mine'))).toBe('mine')
  })
})
