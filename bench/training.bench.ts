/**
 * The algorithms on a matrix of the width of full-114, each in a process of its own, as training runs:
 * seconds, processor seconds, the export with its proof, and the most memory held. Beside them Python's
 * `lightgbm` and `xgboost` on the same matrix with the same parameters, where `--python` names an
 * interpreter that has them.
 */
import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { ensureArtefact } from '../bin/stack/artefacts.ts'
import { loadConfig } from '../streams/config.ts'
import { positionNoise } from '../test/support/synthetic-dataset.ts'
import type { Benchmark, Harness } from './harness.ts'
import { measureTrainingLoad } from './training-load.ts'
import { measureTrainingRun } from './training-run.ts'
import type { TrainingSample, TrainingSampleJob } from './support/training-sample.ts'

const COLUMNS = 114
const ROUNDS = 200
const THREADS = 2
const MB = 1e6
/** Rows written at once: 4.6 MB. */
const BLOCK_ROWS = 10_000
/** The full size takes minutes a fit on two cores. */
const TIMEOUT_MS = 60 * 60_000
const OUTPUT_MAX_BYTES = 1 << 20

type Job = Pick<TrainingSampleJob, 'algorithm' | 'exports'>

export const benchmark: Benchmark = {
  name: 'training',
  about: `${ROUNDS} rounds on --rows x ${COLUMNS} (1400000 is the full size), ${THREADS} threads; --python PATH for peers`,
  async run(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
    try {
      await measure(bench, folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
    await measureTrainingRun(bench)
    // Last: it brings a Kafka up, which the others should not share the machine with.
    await measureTrainingLoad(bench)
  },
}

async function measure(bench: Harness, folder: string): Promise<void> {
  const config = loadConfig(process.env)
  const shared = {
    ...writeMatrix(folder, bench.rows),
    columns: COLUMNS,
    rounds: ROUNDS,
    threads: THREADS,
    libraries: {
      lightgbm: await ensureArtefact(config, 'lightgbm'),
      xgboost: await ensureArtefact(config, 'xgboost'),
    },
  }
  const ours = (job: Job) => ownSample({ ...shared, ...job })
  let latest: TrainingSample | undefined
  await bench.repeatAll(
    {
      'training.lightgbm': `s, ${ROUNDS} rounds`,
      'training.lightgbm.cpu': 'CPU s',
      'training.export': 's, LightGBM with its proof',
      'training.rss': 'MB, LightGBM',
    },
    async () => {
      latest = await ours({ algorithm: 'lightgbm', exports: true })
      return {
        'training.lightgbm': latest.seconds,
        'training.lightgbm.cpu': latest.cpuSeconds,
        'training.export': latest.exportSeconds,
        'training.rss': latest.peakRssBytes / MB,
      }
    },
  )
  await peer(bench, 'lightgbm', shared, latest)
  await bench.repeatAll(
    {
      'training.xgboost': `s, ${ROUNDS} rounds`,
      'training.xgboost.cpu': 'CPU s',
      'training.xgboost.rss': 'MB',
    },
    async () => {
      latest = await ours({ algorithm: 'xgboost', exports: false })
      return {
        'training.xgboost': latest.seconds,
        'training.xgboost.cpu': latest.cpuSeconds,
        'training.xgboost.rss': latest.peakRssBytes / MB,
      }
    },
  )
  await peer(bench, 'xgboost', shared, latest)
  await bench.repeat('training.ridge', 's', async () => {
    const { seconds } = await ours({ algorithm: 'ar7_ridge', exports: false })
    return seconds
  })
}

/** In turn with ours on the same machine; its forecasts must be ours, or it did other work. */
async function peer(
  bench: Harness,
  algorithm: 'lightgbm' | 'xgboost',
  shared: Omit<TrainingSampleJob, keyof Job>,
  own: TrainingSample | undefined,
): Promise<void> {
  const { python } = bench
  if (python === undefined) {
    bench.note(`peer:${algorithm} left out: no --python PATH was given`)
    return
  }
  await bench.repeatAll(
    {
      [`peer:${algorithm}`]: `s, ${ROUNDS} rounds`,
      [`peer:${algorithm}.cpu`]: 'CPU s',
      [`peer:${algorithm}.rss`]: 'MB',
    },
    async () => {
      const script = fileURLToPath(new URL('./support/training_peer.py', import.meta.url))
      const sample = await jsonOf<TrainingSample & { version: string }>(python, [
        script,
        JSON.stringify({ ...shared, algorithm }),
      ])
      const worst = sample.predictions.reduce(
        (most, value, row) => Math.max(most, Math.abs(value - (own?.predictions[row] ?? NaN))),
        0,
      )
      bench.note(`  ${algorithm} ${sample.version}: forecasts differ by up to ${worst}`)
      return {
        [`peer:${algorithm}`]: sample.seconds,
        [`peer:${algorithm}.cpu`]: sample.cpuSeconds,
        [`peer:${algorithm}.rss`]: sample.peakRssBytes / MB,
      }
    },
  )
}

function ownSample(job: TrainingSampleJob): Promise<TrainingSample> {
  const script = fileURLToPath(new URL('./support/training-sample.ts', import.meta.url))
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return jsonOf(process.execPath, ['--import', loader, script, JSON.stringify(job)])
}

async function jsonOf<Answer>(command: string, args: readonly string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(command, args, {
    // Threads that wait by spinning would measure each other.
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
  })
  return JSON.parse(stdout) as Answer
}

/** A weak signal in a few columns, a gap now and then; written block by block. */
function writeMatrix(
  folder: string,
  rows: number,
): Pick<TrainingSampleJob, 'matrixFile' | 'labelsFile'> {
  const [matrixFile, labelsFile] = [join(folder, 'matrix.f32'), join(folder, 'labels.f64')]
  const [matrixOut, labelsOut] = [openSync(matrixFile, 'w'), openSync(labelsFile, 'w')]
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - from)
    const block = new Float32Array(count * COLUMNS)
    const labels = new Float64Array(count)
    for (let cell = 0; cell < block.length; cell += 1) {
      const index = from * COLUMNS + cell
      block[cell] = index % 997 === 0 ? NaN : positionNoise(index) * (1 + (cell % COLUMNS))
    }
    for (let row = 0; row < count; row += 1) {
      const [first = 0, second = 0] = block.subarray(row * COLUMNS, row * COLUMNS + 2)
      const signal = (first || 0) + ((second || 0) > 0.5 ? 0.2 : -0.2)
      labels[row] = 0.1 * signal + positionNoise((from + row) * 7 + 3)
    }
    writeSync(matrixOut, block)
    writeSync(labelsOut, labels)
  }
  closeSync(matrixOut)
  closeSync(labelsOut)
  return { matrixFile, labelsFile }
}
