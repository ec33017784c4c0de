/** `candlewire alerts test` as from a shell, against a mail server on this machine and one that says nothing. */
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startMailServer } from '../../test/support/mail-server.ts'
import { nodeProgram } from '../stack/node-program.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Accepts connections and never says a word. */
async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  )
  return (server.address() as AddressInfo).port
}

interface Result {
  readonly channel: string
  readonly delivered: boolean
  readonly problem?: string
}

async function alertsTest(port: number): Promise<{ code: number | null; results: Result[] }> {
  const { command, args } = nodeProgram('bin/cli', ['alerts', 'test', '--json'])
  const child = spawn(command, args, {
    env: {
      ...process.env,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port),
      SMTP_SECURITY: 'none',
      ALERT_EMAIL_TO: 'desk@example.org',
      ALERT_TIMEOUT_MS: '1500',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, results: JSON.parse(said) as Result[] }
}

describe('candlewire alerts test', () => {
  it('sends a mail, and says so', async () => {
    const server = await startMailServer()
    cleanups.push(() => server.close())
    const { code, results } = await alertsTest(server.port)
    expect(results).toMatchObject([{ channel: 'email', delivered: true }])
    expect(code).toBe(0)
    expect(server.mails).toHaveLength(1)
    expect(server.mails[0]).toContain('To: desk@example.org')
  }, 60_000)

  it('gives a server up that takes the call and never answers', async () => {
    const { code, results } = await alertsTest(await silentServer())
    expect(results).toMatchObject([{ channel: 'email', delivered: false }])
    expect(results[0]!.problem).toBeTruthy()
    expect(code).toBe(1)
  }, 60_000)
})
