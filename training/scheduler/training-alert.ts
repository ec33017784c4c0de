/** The alert of a run that ended without a model: pure. */
import { raised } from '../../processors/alerts/alert.ts'
import type { Alert, TrainingRun } from '../../schemas/generated.ts'

/**
 * @returns undefined for a run that goes on, ended well, or was cancelled by a person. A model that
 * was trained and did not pass the gate is a run that ended well.
 */
export function alertOfRun(run: TrainingRun): Alert | undefined {
  const { status, modelName, runId, trigger, errorCode, finishedAtMs } = run
  if (status !== 'failed' && status !== 'refused') return undefined
  // Asked for too soon after another: that was an answer to who asked, and nothing is wrong.
  if (run.attempt === 0) return undefined
  const instrument = run.instrument ?? 'all instruments'
  const verb = status === 'failed' ? 'failed' : 'was refused its data'
  return raised({
    kind: 'training_failed',
    subject: modelName,
    identity: { runId },
    eventTimeMs: finishedAtMs ?? run.updatedAtMs,
    message: `The training of ${modelName} on ${instrument} ${verb}: ${run.message === '' ? 'no reason is known' : run.message}`,
    labels: { model: modelName, instrument, trigger, ...(errorCode === null ? {} : { errorCode }) },
  })
}
