/**
 * A whole default run in its training process: check, search, fit, export, prove, judge. All four
 * algorithms, as many trials as by default; on the SPY candles of CANDLEWIRE_TEST_DATA, or where that
 * is not set on synthetic examples of market-76. Without Kafka, which `training-load` measures.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureArtefact } from '../bin/stack/artefacts.ts'
import { featureSet, referenceTo } from '../processors/features/feature-sets.ts'
import { loadConfig } from '../streams/config.ts'
import { writeSyntheticSpool } from '../test/support/synthetic-examples.ts'
import { ALGORITHMS, DEFAULT_ROUNDS, inputColumns, OOT2_ROWS } from '../training/train.ts'
import { runTrainingProcess } from '../training/worker/training-process.ts'
import type { TrainingJob } from '../training/worker/worker-messages.ts'
import type { Harness } from './harness.ts'
import { spoolCandleFile } from './support/real-examples.ts'

const TIMEOUT_MS = 30 * 60_000
const CANDLES = 'candles/spy_1min_2024-02_2025-04.csv.gz'
/** Synthetic examples have a strong signal: boosting ends late, and a row costs several times a real one. */
const SYNTHETIC_ROWS_MAX = 20_000

export async function measureTrainingRun(bench: Harness): Promise<void> {
  const config = loadConfig(process.env)
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  const data = process.env['CANDLEWIRE_TEST_DATA']
  const set = featureSet(data === undefined ? 'market-76' : config.featureSet)
  const columns = inputColumns(set)
  try {
    const spool =
      data === undefined
        ? await writeSyntheticSpool(folder, { rows: Math.min(bench.rows, SYNTHETIC_ROWS_MAX) })
        : await spoolCandleFile(join(data, CANDLES), config, columns, folder)
    const horizonMinutes = 30
    const job: TrainingJob = {
      spool,
      source: {
        ranges: [],
        ...referenceTo(set),
        ...{ columns, horizonMinutes, instrument: null, untilMs: null },
      },
      ...{ expected: null, newestVectorMs: null, horizonMinutes, objective: 'regression' },
      ...{ models: ALGORITHMS, rounds: DEFAULT_ROUNDS, folds: 'expanding', featureShare: null },
      ...{ trials: config.trainingTrials, threads: config.trainingThreads },
      seed: config.trainingSeed,
      ...{ journalFolder: null, champion: null, significance: config.trainingSignificance },
      costs: {
        spreadBps: config.backtestSpreadBps,
        slippageBps: config.backtestSlippageBps,
        feeBps: config.backtestFeeBps,
      },
      oot2Rows: OOT2_ROWS,
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
    const what = `${spool.rows} ${data === undefined ? 'synthetic' : 'SPY'} examples, ${outcome.trials.length} trials`
    bench.record('training.default_run', `s, once: ${what}`, [seconds])
    bench.record('training.default_run.cpu', 'CPU s', [outcome.cpuSeconds])
    bench.record('training.default_run.rss', 'MB', [outcome.peakRssBytes / 1e6])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
