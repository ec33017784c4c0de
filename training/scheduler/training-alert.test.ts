import { expect, it } from 'vitest'
import type { TrainingRun } from '../../schemas/generated.ts'
import { sampleRecord } from '../../test/support/sample-record.ts'
import { alertOfRun } from './training-alert.ts'

const run = (more: Partial<TrainingRun>): TrainingRun => ({
  ...(sampleRecord('training-run.avsc', { timeMs: 9, seed: 1 }) as unknown as TrainingRun),
  ...{ modelName: 'direction_60', instrument: 'A', runId: 'r', attempt: 2, finishedAtMs: 7 },
  ...more,
})

it('is raised for a run that failed for good, and for one whose data was not fit', () => {
  const failed = alertOfRun(run({ status: 'failed', errorCode: 'X', message: 'No memory.' }))
  expect(failed).toMatchObject({
    ...{ kind: 'training_failed', subject: 'direction_60', state: 'firing', eventTimeMs: 7 },
    message: 'The training of direction_60 on A failed: No memory.',
  })
  expect(failed?.labels).toMatchObject({ runId: 'r', model: 'direction_60', errorCode: 'X' })
  const refused = alertOfRun(run({ status: 'refused', instrument: null, message: '' }))
  expect(refused?.message).toBe(
    'The training of direction_60 on all instruments was refused its data: no reason is known',
  )
})

it.each(['queued', 'running', 'succeeded', 'cancelled'])(
  'is not raised for one that is %s',
  (status) => {
    expect(alertOfRun(run({ status }))).toBeUndefined()
  },
)

it('is not raised for one that never began', () => {
  expect(alertOfRun(run({ status: 'refused', attempt: 0 }))).toBeUndefined()
})
