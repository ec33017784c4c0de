/** Processes of their own: what is tested ends them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { identify } from './stack/process-identity.ts'
import { waitUntil } from './stack/wait-until.ts'

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const module = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href)

/** Ends in order with 7 when it is told to. @returns it, ready */
async function command() {
  const script = `import(${module('abort-on-signal.ts')}).then(({ abortOnSignal, endWithLauncher }) => {
    endWithLauncher()
    abortOnSignal().addEventListener('abort', () => process.exit(7))
    setInterval(() => undefined, 1_000)
    process.send('ready')
  })`
  const child = spawn(process.execPath, ['--import', loader, '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return child
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends in order by %s', async (signal) => {
  const child = await command()
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([7, null])
})

it('ends in order when its launcher is gone', async () => {
  const child = await command()
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([7, null])
})

it('ends when the npm above its shell is killed', async () => {
  const script = `import(${module('orphans.mjs')}).then(({ endWithNpm }) => {
    endWithNpm()
    setInterval(() => undefined, 1_000)
    console.log(process.pid)
  })`
  // A second command keeps the shell from becoming the first.
  const npm = `require('node:child_process').spawn('sh', ['-c', 'node -e "$SCRIPT"; true'], { stdio: 'inherit' })`
  const launcher = spawn(process.execPath, ['-e', npm], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SCRIPT: script, npm_lifecycle_event: 'start' },
  })
  const [line] = (await once(launcher.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(identify(pid)).toBeDefined()
  launcher.kill('SIGKILL')
  const isGone = () => Promise.resolve(identify(pid) === undefined)
  expect(await waitUntil(isGone, { timeoutMs: 20_000, intervalMs: 50 })).toBe(true)
}, 30_000)
