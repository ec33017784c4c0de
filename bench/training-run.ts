/**
 * A whole default run in its training process: check, search, fit, export, prove, judge. All four
 * algorithms, as many trials as by default, on synthetic examples of market-76; without Kafka, which
 * `training-load` measures.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureArtefact } from '../bin/stack/artefacts.ts'
import { loadConfig } from '../streams/config.ts'
import { writeSyntheticSpool } from '../test/support/synthetic-examples.ts'
import { JOB_DEFAULTS } from '../test/support/training-job.ts'
import { ALGORITHMS, DEFAULT_ROUNDS } from '../training/train.ts'
import { runTrainingProcess } from '../training/worker/training-process.ts'
import type { Harness } from './harness.ts'

const TIMEOUT_MS = 30 * 60_000
/** About a year of regular sessions. */
const ROWS_MAX = 100_000

export async function measureTrainingRun(bench: Harness): Promise<void> {
  const config = loadConfig(process.env)
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  const rows = Math.min(bench.rows, ROWS_MAX)
  const { trainingTrials: trials, trainingThreads: threads } = config
  try {
    const job = {
      ...JOB_DEFAULTS,
      ...{ models: ALGORITHMS, rounds: DEFAULT_ROUNDS, trials, threads },
      spool: await writeSyntheticSpool(folder, { rows }),
      libraries: {
        lightgbm: await ensureArtefact(config, 'lightgbm'),
        xgboost: await ensureArtefact(config, 'xgboost'),
      },
    }
    const startedMs = performance.now()
    const outcome = await runTrainingProcess(job, {
      onProgress: () => undefined,
      timeoutMs: TIMEOUT_MS,
    })
    const seconds = (performance.now() - startedMs) / 1_000
    // Once: it is a run of minutes.
    const what = `s, ${rows} rows, ${outcome.trials.length} trials, once`
    bench.record('training.default_run', what, [seconds])
    bench.record('training.default_run.cpu', 'CPU s', [outcome.cpuSeconds])
    bench.record('training.default_run.rss', 'MB', [outcome.peakRssBytes / 1e6])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
