/**
 * Every command block of the README, run as it stands in bash, in order, in one folder of its own. What
 * runs until Ctrl-C is left running until it says it is ready, and interrupted after the last block.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../bin/stack/ports.ts'
import { waitUntil } from '../../bin/stack/wait-until.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
const commandsOf = (block: string): string[] =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))

/** Command, and what it says on stderr when it may be gone on. */
const UNTIL_CTRL_C: Readonly<Record<string, RegExp>> = { 'npm start': /^Page: http/m }
/** Beginning of a command, and why it is not run here. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'docker compose': 'needs a Docker engine; containers.test.ts runs each service without one',
}
const LINE_MS = 540_000
/** One that answers no with 1: nothing that is said is wrong, and the machine decides. */
const MAY_ANSWER_1 = ['./bin/candlewire doctor']

const folder = mkdtempSync(join(tmpdir(), 'candlewire-readme-'))
const background: { child: ChildProcess; said: string; exited: Promise<unknown[]> }[] = []
let port = 0

beforeAll(async () => {
  ;[port = 0] = await freePorts('127.0.0.1', 1)
  // A clone, as far as commands can tell; what they write stays in this folder.
  for (const entry of readdirSync(root).filter(
    (name) => !/^(\.candlewire|\.env|\.git)$/.test(name),
  ))
    symlinkSync(join(root, entry), join(folder, entry))
})

afterAll(async () => {
  for (const { child } of background)
    if (child.exitCode === null && child.pid !== undefined) killGroup(child.pid)
  await Promise.all(background.map(({ exited }) => exited))
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

function bash(command: string): ChildProcess {
  return spawn('bash', ['-o', 'pipefail', '-c', command.replaceAll(':8080', `:${port}`)], {
    cwd: folder,
    detached: true,
    env: {
      ...process.env,
      CANDLEWIRE_DATA_DIR: join(folder, 'stack'),
      HTTP_PORT: String(port),
      METRICS_PORT_BASE: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ran(command: string): Promise<void> {
  const child = bash(command)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const kill = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), LINE_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(kill)
  const fine = MAY_ANSWER_1.some((begin) => command.startsWith(begin)) ? [0, 1] : [0]
  expect(fine, `${command}\n${said}`).toContain(code)
  expect(said.length, command).toBeGreaterThanOrEqual(command.startsWith('source') ? 0 : 2)
}

async function begun(command: string, ready: RegExp): Promise<void> {
  const child = bash(`exec ${command}`)
  const entry = { child, said: '', exited: once(child, 'close') }
  background.push(entry)
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (entry.said += bytes.toString()))
  const isReady = () => {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${entry.said}`)
    return Promise.resolve(ready.test(entry.said))
  }
  expect(await waitUntil(isReady, { timeoutMs: LINE_MS, intervalMs: 200 }), entry.said).toBe(true)
}

describe('the README', () => {
  it('has blocks of commands, and no reason for a command that is not there', () => {
    expect(blocks.length).toBeGreaterThan(4)
    const commands = blocks.flatMap(commandsOf)
    for (const begin of [...Object.keys(NOT_RUN), ...Object.keys(UNTIL_CTRL_C)])
      expect(commands.some((command) => command.startsWith(begin))).toBe(true)
  })

  it.each(blocks.flatMap(commandsOf))(
    '%s',
    async (line) => {
      const command = line.replace(/\s+#.*$/, '')
      if (Object.keys(NOT_RUN).some((begin) => command.startsWith(begin))) return
      // A new section: who reads has pressed Ctrl-C, and `down` would stop what runs on record.
      if (command === './bin/candlewire up') await interrupted()
      const ready = UNTIL_CTRL_C[command]
      if (ready === undefined) await ran(command)
      else await begun(command, ready)
    },
    LINE_MS + 20_000,
  )

  it('leaves nothing behind', async () => {
    expect(background.map(({ child }) => child.exitCode ?? child.signalCode)).not.toContain(null)
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
    expect(readdirSync(join(folder, 'stack', 'run'))).toEqual([])
  })
})

/** Ctrl-C: a terminal sends it to the whole group. */
async function interrupted(): Promise<void> {
  for (const entry of background) {
    if (entry.child.pid !== undefined) process.kill(-entry.child.pid, 'SIGINT')
    const [code, signal] = (await entry.exited) as [number | null, string | null]
    expect(signal ?? code, entry.said).toBe(signal === null ? 130 : 'SIGINT')
    expect(entry.said).toContain('Stopping.')
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}
