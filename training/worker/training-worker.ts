/**
 * Entry of the training process: takes one job, reports progress, answers, ends.
 *
 * A process of its own because native code may abort, its threads are set by the environment, the
 * memory returns when it ends, and no service beside it stands still while it computes.
 */
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { runJob } from './run-job.ts'
import type { TrainingJob, WorkerMessage } from './worker-messages.ts'

/** Progress of fast stages is thinned out to this many messages a second at most. */
const PROGRESS_INTERVAL_MS = 200

function send(message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)))
  })
}

async function work(job: TrainingJob): Promise<void> {
  let lastSentMs = -Infinity
  let lastStage = ''
  try {
    const outcome = await runJob(job, {
      onProgress: (progress) => {
        const now = performance.now()
        if (
          progress.stage === lastStage &&
          progress.done < progress.total &&
          now - lastSentMs < PROGRESS_INTERVAL_MS
        )
          return
        lastSentMs = now
        lastStage = progress.stage
        void send({ kind: 'progress', progress }).catch(endWithParent)
      },
      onTrial: (trial) => void send({ kind: 'trial', trial }).catch(endWithParent),
    })
    await send({ kind: 'done', outcome })
  } catch (thrown) {
    const isKnown = thrown instanceof CandlewireError
    const message =
      isKnown || !(thrown instanceof Error) ? messageOf(thrown) : (thrown.stack ?? thrown.message)
    await send({
      kind: 'failed',
      code: isKnown ? thrown.code : undefined,
      message,
      details: isKnown ? thrown.details : {},
    })
  }
  process.disconnect()
}

/** Nobody is left to give a result to. */
function endWithParent(): void {
  process.exit(1)
}

process.once('message', (job) => {
  process.once('disconnect', () => process.exit())
  work(job as TrainingJob).catch(endWithParent)
})
