/** A training report's data as a run leaves it, with names that try to break out of the page. */
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import { Random } from '../../streams/sources/simulation/random.ts'
import type { Objective } from '../../training/models/model-trainer.ts'
import type {
  CandidateReport,
  SplitForecast,
  TrainingReportData,
} from '../../training/report/training-report-data.ts'

export const HOSTILE = `<script>alert("x")</script>&'`

const START_MS = Date.UTC(2025, 2, 3, 14, 30)

function forecast(split: string, rows: number, objective: Objective): SplitForecast {
  const random = new Random(rows, split)
  const eventTimeMs = Float64Array.from({ length: rows }, (_, row) => START_MS + row * 60_000)
  const actual = eventTimeMs.map(() => random.normal() * 0.15)
  const predicted = actual.map((label) =>
    objective === 'regression'
      ? 0.02 * label + 0.01 * random.normal()
      : 0.5 + 0.05 * label + 0.02 * random.normal(),
  )
  return { split, eventTimeMs, actual, predicted }
}

function candidate(algorithm: string, rank: number, objective: Objective): CandidateReport {
  const random = new Random(rank, algorithm)
  const measured = {
    ...UNMEASURED,
    rows: 9_000,
    rmse: 0.15012,
    mae: 0.1101,
    r2: -0.001,
    r2VsZero: -0.0012,
  }
  const split = {
    ...measured,
    fromMs: START_MS,
    toMs: START_MS + 9_000 * 60_000,
    directionalAccuracy: 0.512,
    zeroRmse: 0.15,
    zeroMae: 0.11,
    lastRmse: 0.21,
    auc: 0.507,
    informationCoefficient: 0.013,
    dmPValueVsZero: 0.41,
    sharpe: -0.02,
    netReturn: -3.2,
  }
  return {
    algorithm,
    version: `1.${rank}.0`,
    rank,
    metrics: ['train', 'validation', 'test', 'out_of_time', 'out_of_time_2'].map((name, i) => ({
      ...split,
      split: name,
      rmse: 0.149 + 0.0005 * i,
    })),
    gate: {
      passed: false,
      reasons: [
        'Out of time its RMSE is 0.15050 percent, that of the zero forecast 0.15000: not lower.',
        'No champion is live.',
      ],
      significance: 0.0033,
      pValueVsZero: 0.41,
      pValueVsChampion: null,
      championVersion: null,
      trials: 50,
      deflatedSharpe: 0.12,
      backtestOverfitting: 0.63,
    },
    notes: ['Early stopping on validation kept 41 of at most 300 rounds.', HOSTILE],
    parameters: { learning_rate: '0.05', num_leaves: '31', objective },
    importance: Array.from({ length: 30 }, (_, i) => ({
      column: i === 3 ? HOSTILE : `column_of_a_rather_long_name_${i}`,
      share: 0.3 / (i + 2),
    })),
    importanceMethod: 'mean_abs_contribution',
    learningCurve: Array.from({ length: 80 }, (_, i) => ({
      round: i + 1,
      trainLoss: 0.15 - 0.0004 * i,
      validationLoss: 0.15 + 1e-6 * (i - 41) ** 2,
      bestLoss: 0.15,
    })),
    certificate: {
      rows: 120_000,
      adversarialRows: 7_000,
      worstDifference: 0,
      differentRows: 0,
      branchFlips: 0,
    },
    forecasts: (['test', 'out_of_time', 'out_of_time_2'] as const).map((name, i) =>
      forecast(name, 3_000 + i, objective),
    ),
    equity: Array.from({ length: 900 }, (_, i) => ({
      eventTimeMs: START_MS + i * 1_800_000,
      grossPercent: Math.sin(i / 90) + random.normal() * 0.1,
      netPercent: Math.sin(i / 90) - i / 300,
    })),
  }
}

export function reportData(objective: Objective): TrainingReportData {
  const random = new Random(1, 'trials')
  return {
    runId: '6f1f0b2e',
    modelName: objective === 'regression' ? 'forward_return_30' : 'direction_30',
    objective,
    horizonMinutes: 30,
    codeVersion: '0.1.0',
    settings: {
      seed: '1',
      threads: '2',
      trials: '50',
      models: 'lightgbm, xgboost, ar7_ridge, stack',
    },
    manifest: {
      formatVersion: 1,
      ranges: [0, 1].map((partition) => ({
        topic: 'examples.v1',
        partition,
        fromOffset: 0,
        toOffset: 54_321,
      })),
      featureSet: 'market-76',
      featureSetFingerprint: 'ab'.repeat(32),
      columns: ['open', 'high', HOSTILE],
      horizonMinutes: 30,
      instrument: null,
      untilMs: null,
      rows: 101_234,
      instruments: ['SPY', HOSTILE],
      dropped: { warm_up: 360, filled_bar: 78 },
      datasetDigest: 'cd'.repeat(32),
    },
    manifestDigest: 'ef'.repeat(32),
    quality: {
      outcome: 'warned',
      rows: 101_234,
      columns: 82,
      fromMs: START_MS,
      toMs: START_MS + 1e10,
      checks: [
        {
          name: 'leak',
          outcome: 'passed',
          text: 'No column may tell the label.',
          findings: [],
          findingsTotal: 0,
        },
        {
          name: 'missing',
          outcome: 'warned',
          text: 'Columns with 5.00 % missing or more are named.',
          findings: [
            {
              subject: HOSTILE,
              outcome: 'warned',
              value: 0.4,
              text: `${HOSTILE} is missing in 40.00 % of the rows`,
            },
          ],
          findingsTotal: 14,
        },
      ],
    },
    dropped: { warm_up: 360, filled_bar: 78, purged: 240 },
    costs: { spreadBps: 1, slippageBps: 0.5, feeBps: 0.2 },
    candidates: ['lightgbm', 'stack', 'xgboost', 'ar7_ridge'].map((name, i) =>
      candidate(name, i + 1, objective),
    ),
    trials: Array.from({ length: 50 }, (_, number) => ({
      algorithm: number % 2 === 0 ? 'lightgbm' : 'xgboost',
      number: Math.floor(number / 2),
      stage: number < 20 ? ('coarse' as const) : ('fine' as const),
      parameters: { learning_rate: 0.01 + random.uniform() / 4, max_depth: 3 + (number % 8) },
      metric: 'cv_rmse',
      value: 0.15 + random.uniform() / 1_000,
      pruned: number % 7 === 0,
      rounds: 40 + number,
    })),
    timings: [{ phase: 'prepare', seconds: 2.3, cpuSeconds: 2.9 }],
    peakRssBytes: 900 * 2 ** 20,
    notes: ['Only one instrument.'],
  }
}
