/** The HTML report of a run, made of what it came to; of one that was stopped, of what is known of it. */
import type { TrainingRun } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { codeVersion } from '../code-version.ts'
import { manifestDigest } from '../examples/manifest.ts'
import type { Objective } from '../models/model-trainer.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import type { CandidateReport, TrainingReportData } from '../report/training-report-data.ts'
import type { TrainingResult } from '../train.ts'
import type { AssessedCandidate } from '../candidates/candidate.ts'

export type ReportConfig = Pick<
  Config,
  | 'featureSet'
  | 'trainingSeed'
  | 'trainingThreads'
  | 'trainingTrials'
  | 'trainingSignificance'
  | 'backtestSpreadBps'
  | 'backtestSlippageBps'
  | 'backtestFeeBps'
>

/** @param run as it was asked for */
export function reportDataOf(
  run: TrainingRun,
  result: TrainingResult,
  config: ReportConfig,
): TrainingReportData {
  const { outcome } = result
  const versions = new Map(result.candidates.map((each) => [each.algorithm, each.version]))
  return {
    ...shared(run, config),
    manifest: outcome.manifest,
    manifestDigest: manifestDigest(outcome.manifest),
    quality: outcome.quality,
    dropped: outcome.dropped,
    candidates: outcome.candidates
      .map((candidate) => candidateOf(candidate, versions.get(candidate.algorithm) ?? null))
      .sort((a, b) => a.rank - b.rank),
    trials: outcome.trials,
    timings: outcome.timings,
    peakRssBytes: outcome.peakRssBytes,
    notes: outcome.leftOut.map(({ reason }) => reason),
  }
}

/**
 * Of a run without a model.
 * @param quality null where it was not the checks that stopped it
 */
export function stoppedReportData(
  run: TrainingRun,
  message: string,
  quality: QualityReport | null,
  config: ReportConfig,
): TrainingReportData {
  return {
    ...shared(run, config),
    manifest: null,
    manifestDigest: null,
    quality,
    dropped: {},
    candidates: [],
    trials: [],
    timings: [],
    peakRssBytes: null,
    notes: [message],
  }
}

/** The page; charts and their library are loaded only when one is made. */
export async function pageOf(data: TrainingReportData): Promise<string> {
  const { trainingReportPage } = await import('../report/training-report-page.ts')
  return trainingReportPage(data)
}

function shared(run: TrainingRun, config: ReportConfig) {
  return {
    runId: run.runId,
    modelName: run.modelName,
    objective: run.objective as Objective,
    horizonMinutes: run.horizonMinutes,
    codeVersion: codeVersion(),
    settings: {
      'asked for by': `${run.actor} (${run.trigger}): ${run.reason}`,
      algorithms: run.algorithms.length === 0 ? 'all' : run.algorithms.join(', '),
      'feature set': run.featureSet ?? config.featureSet,
      instrument: run.instrument ?? 'all',
      'labels known by': run.untilMs === null ? 'now' : new Date(run.untilMs).toISOString(),
      'trials of each search': String(run.trials ?? config.trainingTrials),
      significance: String(config.trainingSignificance),
      seed: String(config.trainingSeed),
      threads: String(config.trainingThreads),
    },
    costs: {
      spreadBps: config.backtestSpreadBps,
      slippageBps: config.backtestSlippageBps,
      feeBps: config.backtestFeeBps,
    },
  }
}

function candidateOf(candidate: AssessedCandidate, version: string | null): CandidateReport {
  const { algorithm, rank, metrics, gate, parameters, importance, importanceMethod } = candidate
  const { learningCurve, certificate, forecasts, equity } = candidate
  return {
    ...{ algorithm, version, rank, metrics, gate, parameters, importance, importanceMethod },
    ...{ learningCurve, certificate, forecasts, equity },
    notes: candidate.selectionNotes,
  }
}
