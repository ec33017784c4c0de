/** The main job on a live source: history, a model of it, and then each minute as it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../bin/stack/ports.ts'
import type { Summary } from '../../bin/start/summary.ts'
import { builtProgram } from '../support/built-programs.ts'
import { until } from '../support/kafka-client.ts'
import { oandaCandle, OandaServer, TEST_ACCOUNT, TEST_TOKEN } from '../support/oanda-server.ts'

const MINUTE = 60_000
const CANDLES = 4_000
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE
const instrument = `OANDA${process.pid}_USD`
const folder = mkdtempSync(join(tmpdir(), 'candlewire-start-oanda-'))
const server = new OandaServer()

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('candlewire start --oanda', () => {
  it('trains on the history and predicts from the next minute on', async () => {
    const candles = Array.from({ length: CANDLES }, (_, index) =>
      oandaCandle(NOW - (CANDLES - index) * MINUTE),
    )
    server.candles.set(instrument, candles)
    const base = await server.listen()
    const [port = 0] = await freePorts('127.0.0.1', 1)
    const summaryFile = join(folder, 'summary.json')
    const options = ['--oanda', '--instrument', instrument, '--summary', summaryFile]
    const { command, args } = builtProgram('bin/cli', ['start', ...options])
    const child = spawn(command, args, {
      env: {
        ...process.env,
        CANDLEWIRE_DATA_DIR: join(folder, 'data'),
        HTTP_PORT: String(port),
        OANDA_TOKEN: TEST_TOKEN,
        OANDA_ACCOUNT: TEST_ACCOUNT,
        OANDA_REST_URL: base,
        OANDA_STREAM_URL: base,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = once(child, 'exit')
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    try {
      await until(
        `the live part, after: ${said.slice(-500)}`,
        () => said.includes('Live; predictions stream') || child.exitCode !== null,
        200_000,
      )
      expect(said).toContain('Live; predictions stream')
      expect(JSON.parse(readFileSync(summaryFile, 'utf8')) as Summary).toMatchObject({
        simulated: false,
        candles: { produced: CANDLES, stored: CANDLES, deadLettered: 0, duplicates: 0 },
        gridBars: CANDLES,
        features: { rows: CANDLES },
      })
      candles.push(oandaCandle(NOW))
      await until('the price stream', () => server.openStreams === 1)
      server.price(instrument, NOW + 1_000)
      server.heartbeat(NOW + MINUTE + 100)
      await until('the prediction of the live minute', async () => {
        const url = `http://127.0.0.1:${port}/predictions/history?instrument=${instrument}&limit=1`
        const body = await (await fetch(url)).text()
        return body.includes(String(NOW)) || body.includes(new Date(NOW).toISOString().slice(0, 16))
      })
    } finally {
      child.kill('SIGINT')
    }
    expect((await exited)[0]).toBe(130)
    expect(said).not.toContain(TEST_TOKEN)
  }, 300_000)
})
