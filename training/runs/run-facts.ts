/** What a run came to, as its record tells it. */
import type { RunFacts } from '../../processors/runs/run-records.ts'
import type { SplitMetrics, TrainingTrial } from '../../schemas/generated.ts'
import { codeVersion } from '../code-version.ts'
import { manifestDigest } from '../examples/manifest.ts'
import type { TrialRecord } from '../search/trial.ts'
import type { TrainingResult } from '../train.ts'

export function factsOf(result: TrainingResult): RunFacts {
  const { selected, outcome, alias, reasons, candidates } = result
  const split = (name: string): SplitMetrics | undefined =>
    selected.metrics.find((each) => each.split === name)
  const [test, late] = [split('test'), split('out_of_time')]
  const nameOf = ({ modelName, version }: typeof selected): string => `${modelName}/${version}`
  const place = alias === null ? 'stays archived' : `is the ${alias}`
  return {
    stage: null,
    message: `${nameOf(selected)} (${selected.algorithm}) ${place}.`,
    trialsMade: outcome.trials.length,
    peakRssBytes: outcome.peakRssBytes,
    datasetRows: result.examples.read,
    manifestDigest: manifestDigest(outcome.manifest),
    versions: candidates.map(nameOf),
    selected: nameOf(selected),
    alias,
    algorithm: selected.algorithm,
    testRmse: test?.rmse ?? null,
    testZeroRmse: test?.zeroRmse ?? null,
    outOfTimeRmse: late?.rmse ?? null,
    outOfTimeZeroRmse: late?.zeroRmse ?? null,
    gatePassed: outcome.candidates.find(({ rank }) => rank === 1)?.gate.passed ?? null,
    reasons: [...reasons, ...outcome.leftOut.map(({ reason }) => reason)],
    codeVersion: codeVersion(),
  }
}

/** @param finishedAtMs wall clock: a trial is an act, as its run is */
export const trialOf = (
  run: { readonly runId: string; readonly modelName: string },
  trial: TrialRecord,
  finishedAtMs: number,
): TrainingTrial => ({
  runId: run.runId,
  modelName: run.modelName,
  algorithm: trial.algorithm,
  number: trial.number,
  stage: trial.stage,
  parameters: Object.fromEntries(
    Object.entries(trial.parameters).map(([name, value]) => [name, String(value)]),
  ),
  metric: trial.metric,
  value: trial.value,
  zeroValue: trial.zeroValue,
  rounds: Math.round(trial.rounds),
  pruned: trial.pruned,
  seconds: trial.seconds,
  finishedAtMs,
})
