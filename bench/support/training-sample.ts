/**
 * `node --import tsx bench/support/training-sample.ts JOB`: one fit in a process of its own, as training runs;
 * prints what it took as JSON. The matrix is a file of float32, the labels one of float64, so that a peer in
 * another language reads the same.
 */
import { readFileSync, statSync, openSync, readSync, closeSync } from 'node:fs'
import { createTrainers } from '../../training/models/create-trainers.ts'
import type { Algorithm } from '../../training/models/model-trainer.ts'
import type { Dataset } from '../../training/examples/dataset.ts'
import type { NativeLibraries } from '../../training/worker/worker-messages.ts'

export interface TrainingSampleJob {
  readonly algorithm: Algorithm
  readonly matrixFile: string
  readonly labelsFile: string
  readonly columns: number
  readonly rounds: number
  readonly threads: number
  readonly libraries: NativeLibraries
  /** Export and prove the model as well. */
  readonly exports: boolean
}

export interface TrainingSample {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of the export with its proof; 0 if not asked for. */
  readonly exportSeconds: number
  /** Most memory held, bytes. */
  readonly peakRssBytes: number
  /** Forecasts of the first rows, for comparing with the peer's. */
  readonly predictions: readonly number[]
}

/** One read takes less than 2 GiB. */
const CHUNK_BYTES = 1 << 28

function readFloats(path: string): Float32Array {
  const bytes = Buffer.from(new ArrayBuffer(statSync(path).size))
  const file = openSync(path, 'r')
  for (let at = 0; at < bytes.length;)
    at += readSync(file, bytes, at, Math.min(CHUNK_BYTES, bytes.length - at), at)
  closeSync(file)
  return new Float32Array(bytes.buffer)
}

async function sample(job: TrainingSampleJob): Promise<TrainingSample> {
  const matrix = readFloats(job.matrixFile)
  const labels = new Float64Array(new Uint8Array(readFileSync(job.labelsFile)).buffer)
  const rows = labels.length
  const times = Float64Array.from({ length: rows }, (_, row) => row * 60_000)
  const dataset: Dataset = {
    columns: Array.from({ length: job.columns }, (_, column) => `c${column}`),
    rows,
    matrix,
    labels,
    eventTimeMs: times,
    labelTimeMs: times,
  }
  const trainer = createTrainers(job.libraries)[job.algorithm]
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const model = await trainer.fit({
    dataset,
    train: [{ from: 0, to: rows }],
    validation: undefined,
    objective: 'regression',
    // Linear models fit one penalty, trees take their defaults.
    parameters: job.algorithm === 'ar7_ridge' ? { penalty_per_row: 0.01 } : {},
    rounds: job.rounds,
    threads: job.threads,
    seed: 1,
  })
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const exportMs = performance.now()
  if (job.exports) await model.export(dataset)
  const exportSeconds = job.exports ? (performance.now() - exportMs) / 1000 : 0
  const predictions = Array.from(model.predict(matrix.subarray(0, 100 * job.columns)))
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    exportSeconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    predictions,
  }
}

const job = JSON.parse(process.argv[2] ?? '{}') as TrainingSampleJob
process.stdout.write(JSON.stringify(await sample(job)))
