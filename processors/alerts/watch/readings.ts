/**
 * What is bad and what is good again, for everything that is watched: pure functions from what was
 * seen to a reading. What ends an alert lies well below what begins it.
 */
import type { Reading } from './condition.ts'

/** What one look at a consumer group finds. */
export interface GroupLook {
  /** Offsets between what is committed and the last stable ones. */
  readonly lag: number
  /** Whether there is a record among them that the group will see. */
  readonly pending: boolean
  /** Sum of the committed offsets. */
  readonly committed: number
  /** Members of the group. */
  readonly members: number
}

/** Lag that shrinks by less than this share from look to look does not catch up. */
const CATCHING_UP_SHARE = 0.02

/** Far behind and not catching up; good again at half the threshold. */
export function lagReading(
  now: GroupLook,
  before: GroupLook | undefined,
  threshold: number,
): Reading {
  if (now.lag <= threshold / 2) return 'good'
  if (now.lag <= threshold) return 'between'
  const catchesUp = before !== undefined && now.lag < before.lag * (1 - CATCHING_UP_SHARE)
  return catchesUp ? 'between' : 'bad'
}

/** Work waits and nobody does any: no member, or no progress since the look before. */
export function failureReading(now: GroupLook, before: GroupLook | undefined): Reading {
  if (before !== undefined && now.committed > before.committed) return 'good'
  if (!now.pending) return now.members > 0 ? 'good' : 'between'
  if (now.members === 0) return 'bad'
  return before === undefined ? 'between' : 'bad'
}

/** Dead letters a minute over the newest looks; good again at half of it. */
export function rateReading(perMinute: number, threshold: number): Reading {
  if (perMinute > threshold) return 'bad'
  return perMinute <= threshold / 2 ? 'good' : 'between'
}

/** Open minutes since the newest candle; good as soon as there is one. */
export function staleReading(openMinutes: number, threshold: number): Reading {
  if (openMinutes >= threshold) return 'bad'
  return openMinutes <= Math.max(2, threshold / 3) ? 'good' : 'between'
}

/** Free share of the disk; good again with a fifth more than the threshold. */
export function diskReading(freeShare: number, threshold: number): Reading {
  if (freeShare < threshold) return 'bad'
  return freeShare >= threshold * 1.2 ? 'good' : 'between'
}
