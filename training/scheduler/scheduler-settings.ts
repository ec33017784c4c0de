/** What the scheduler goes by. */
import { Cron } from 'croner'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { targetNamed, type TrainingTarget } from '../../processors/runs/training-target.ts'

export interface SchedulerSettings {
  /** Runs at once. */
  readonly concurrent: number
  /** Attempts of a run that fails for a reason that may pass. */
  readonly attemptsMax: number
  /** Wait before the second attempt, ms; doubled for each after it. */
  readonly retryBaseMs: number
  /** Budget of a UTC day; 0: none. */
  readonly dailyCpuSeconds: number
  readonly dailyCost: number
  readonly pricePerCpuHour: number
  /** Longest attempt, ms. */
  readonly timeLimitMs: number
  /** Time from one request for a model to the next one that drift or degradation may make, ms. */
  readonly coolDownMs: number
  /** What is trained at each slot. */
  readonly targets: readonly TrainingTarget[]
  /** Newest slot of the schedule at or before a time, ms; undefined without a schedule. */
  readonly slotBefore: (ms: number) => number | undefined
}

/** A wait between attempts is never longer. */
export const RETRY_MAX_MS = 3_600_000

/** @throws CandlewireError CONFIG_INVALID */
export function schedulerSettings(config: Config): SchedulerSettings {
  return {
    concurrent: config.trainingConcurrent,
    attemptsMax: config.trainingAttempts,
    retryBaseMs: config.trainingRetrySeconds * 1_000,
    dailyCpuSeconds: config.trainingDailyCpuSeconds,
    dailyCost: config.trainingDailyCost,
    pricePerCpuHour: config.trainingPricePerCpuHour,
    timeLimitMs: config.trainingTimeLimitSeconds * 1_000,
    coolDownMs: config.trainingCoolDownSeconds * 1_000,
    targets: config.trainingModels
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map(targetNamed),
    slotBefore: slotsOf(config.trainingCron, config.trainingCronZone),
  }
}

/** How far before a time its slot is looked for: a year and a leap day, for yearly schedules. */
const LOOK_BACK_MS = 366 * 86_400_000
const HOUR_MS = 3_600_000

/** @param cron empty: no schedule. @throws CandlewireError CONFIG_INVALID */
export function slotsOf(cron: string, timezone: string): SchedulerSettings['slotBefore'] {
  if (cron.trim() === '') return () => undefined
  let schedule: Cron
  try {
    schedule = new Cron(cron, { timezone, paused: true, mode: '5-part' })
  } catch (thrown) {
    throw new CandlewireError('CONFIG_INVALID', `TRAINING_CRON ${cron}: ${messageOf(thrown)}`)
  }
  return (ms) => {
    // Croner counts previous runs from a time of one's own only forward: so from spans before it.
    for (let span = HOUR_MS; span < 2 * LOOK_BACK_MS; span *= 2) {
      let slot = schedule.nextRun(new Date(ms - span))
      let found: number | undefined
      while (slot !== null && slot.getTime() <= ms) {
        found = slot.getTime()
        slot = schedule.nextRun(slot)
      }
      if (found !== undefined) return found
    }
    return undefined
  }
}
