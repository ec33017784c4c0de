/**
 * `candlewire features compute`, file to file, in a process of its own: seconds, start included, and
 * peak memory for 1.75 million candles. Parquet is the format that is written by default; CSV spends
 * most of its time on turning numbers into text.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../bin/project-root.ts'
import type { Candle } from '../schemas/generated.ts'
import { CANDLE_MS } from '../streams/topics.ts'
import type { Harness } from './harness.ts'

/** Five years of an instrument that trades around the clock on weekdays. */
const CANDLES = 1_750_000
const SET = 'market-108'
const LINES_AT_A_TIME = 10_000
const FORMATS = { 'features.offline': 'parquet', 'features.offline.csv': 'csv' } as const

/** @param candles repeated one after the other in time until there are enough. */
export async function benchOffline(bench: Harness, candles: readonly Candle[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  try {
    const input = join(folder, 'candles.csv')
    writeTiled(input, candles)
    bench.note(`offline: ${CANDLES.toLocaleString('en-US')} candles, ${SET}, a process of its own`)
    for (const [name, format] of Object.entries(FORMATS)) {
      const output = join(folder, `features.${format}`)
      await bench.repeatAll({ [name]: 's', [`${name}.rss`]: 'MB' }, () => {
        const { seconds, megabytes } = sample(input, output)
        return Promise.resolve({ [name]: seconds, [`${name}.rss`]: megabytes })
      })
      rmSync(output)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeTiled(path: string, candles: readonly Candle[]): void {
  const startMs = candles[0]!.openTimeMs
  const file = openSync(path, 'w')
  writeSync(file, 'timestamp,open,high,low,close,volume\n')
  for (let from = 0; from < CANDLES; from += LINES_AT_A_TIME) {
    let lines = ''
    for (let i = from; i < Math.min(CANDLES, from + LINES_AT_A_TIME); i++) {
      const { open, high, low, close, volume } = candles[i % candles.length]!
      const time = new Date(startMs + i * CANDLE_MS).toISOString()
      lines += `${time},${open},${high},${low},${close},${volume}\n`
    }
    writeSync(file, lines)
  }
  closeSync(file)
}

/** The child tells its own peak on the way out. */
function sample(input: string, output: string): { seconds: number; megabytes: number } {
  const cli = join(projectRoot, 'bin', 'cli.ts')
  const tell = "process.on('exit',()=>console.log(process.resourceUsage().maxRSS/1024))"
  const preload = `data:text/javascript,${encodeURIComponent(tell)}`
  const imports = ['--import', 'tsx', '--import', preload]
  const given = ['features', 'compute', '--set', SET, '--candles', input, '--out', output]
  const startMs = performance.now()
  const child = spawnSync(process.execPath, [...imports, cli, ...given], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`offline command failed: ${child.stderr}`)
  return {
    seconds: (performance.now() - startMs) / 1000,
    megabytes: Number(child.stdout.trim().split('\n').at(-1)),
  }
}
