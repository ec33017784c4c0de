/**
 * What came of a prediction, as far as the bars that are known can tell.
 *
 *   - waiting: no bar at or after the target time is known yet;
 *   - realized: the bar at the target time is there;
 *   - unknowable: the grid goes on behind the target time without a bar there (a session break);
 *   - forgotten: the prediction came so late that the bars about its target have left the memory.
 */
import type { Prediction } from '../../schemas/generated.ts'
import { firstBarFrom, oldestBar, type BarMemory, type RememberedBar } from './bar-memory.ts'

export type Verdict =
  | { readonly status: 'waiting' }
  | { readonly status: 'realized' | 'unknowable'; readonly bar: RememberedBar }
  | { readonly status: 'forgotten'; readonly bar: RememberedBar | undefined }
export type Decided = Exclude<Verdict, { status: 'waiting' }>

const WAITING: Verdict = { status: 'waiting' }

export function judgePrediction(
  memory: BarMemory,
  { targetTimeMs }: Pick<Prediction, 'targetTimeMs'>,
): Verdict {
  const bar = firstBarFrom(memory, targetTimeMs)
  if (bar === undefined) return WAITING
  if (bar.timeMs === targetTimeMs) return { status: 'realized', bar }
  // What lies before the oldest bar of a memory that never forgot was never there.
  const hasForgotten = memory.count === memory.times.length
  const isBeforeMemory = hasForgotten && bar.timeMs === oldestBar(memory)?.timeMs
  return { status: isBeforeMemory ? 'forgotten' : 'unknowable', bar }
}
