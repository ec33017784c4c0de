/** The look-ahead check over a sample of stored candles, in slices that let other work run. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Candle } from '../../schemas/generated.ts'
import { EVERYTHING } from '../features/feature-sets.ts'
import { featuresProcessor } from '../features/features-processor.ts'
import { checkLookahead, type CheckResult } from '../features/lookahead/check-lookahead.ts'
import { claimOf } from '../features/lookahead/claim-of.ts'
import { completeInput } from '../features/lookahead/complete-input.ts'
import {
  acceptedCandles,
  processorComputation,
} from '../features/lookahead/processor-computation.ts'
import type { Instruments } from '../instruments/instruments.ts'
import { SessionClock } from '../instruments/session-clock.ts'

/** Cut points of a sample: each tries several other futures at some 2,000 bars. */
const POINTS = 4
const DAY_MS = 86_400_000

/**
 * @param candles of one instrument in order of time. @param seed of the futures that are tried
 * @returns undefined if there are too few to say anything
 */
export async function lookaheadSample(
  instruments: Instruments,
  given: readonly Candle[],
  { seed, signal, onProgress }: SampleRun,
): Promise<CheckResult | undefined> {
  const instrument = given[0]?.instrument
  const settings = instrument === undefined ? undefined : instruments.settingsOf(instrument)
  if (settings === undefined) return undefined
  const processor = featuresProcessor(instruments, EVERYTHING)
  const { candles, articles } = completeInput(
    { candles: acceptedCandles(processor, given), articles: undefined },
    seed,
  )
  if (candles.length === 0) return undefined
  const sessions = new SessionClock(settings.zone, settings.sessionStart)
  const check = checkLookahead({
    checked: {
      ...processorComputation(processor),
      features: EVERYTHING.features,
      claimOf,
      nextSessionMs: (timeMs: number) => sessions.nextStartMs(timeMs),
      maxFillMinutes: settings.maxFillMinutes,
      heldAfterMs: (settings.confirmJumpDays ?? Infinity) * DAY_MS,
    },
    candles,
    articles,
    points: POINTS,
    seed,
  })
  for (;;) {
    signal.throwIfAborted()
    const step = check.next()
    if (step.done === true) return step.value
    onProgress(step.value.done, step.value.total)
    await breathe()
  }
}

export interface SampleRun {
  readonly seed: number
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}
