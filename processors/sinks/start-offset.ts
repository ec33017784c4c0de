/**
 * Where a sink goes on in a partition: decided by what the store holds, not by what the group has
 * committed. A crash between writing and committing, a store that was emptied or restored from a
 * backup: in each case the store and the log together say exactly what is missing.
 *
 * The committed offset only tells about records that left nothing in the store (dead letters,
 * tombstones): it carries, as its metadata, up to where the store was filled when it was made, and
 * counts only if that is still so.
 */
import { CandlewireError } from '../../streams/errors.ts'

export interface Commit {
  /** Next offset to read, as committed. */
  readonly offset: number
  /** Newest offset in the store at that moment; undefined: nothing was stored yet. */
  readonly storedThrough: number | undefined
}

export interface PositionFacts {
  /** For messages: `topic/partition`. */
  readonly where: string
  /** For messages: what to empty if the store belongs to another log. */
  readonly store: string
  /** Newest offset of the partition in the store; undefined: none. */
  readonly storedThrough: number | undefined
  readonly commit: Commit | undefined
  /** First offset of the log. */
  readonly beginning: number
  /** End of the log: one after the last decided offset. */
  readonly end: number
}

/** @throws CandlewireError OFFSET_OUT_OF_RANGE if store and log do not belong together. */
export function startOffset({
  where,
  store,
  storedThrough,
  commit,
  beginning,
  end,
}: PositionFacts): number {
  const afterStored = storedThrough === undefined ? undefined : storedThrough + 1
  if (afterStored !== undefined && afterStored > end) {
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${store} holds ${where} up to offset ${storedThrough}, but the log ends at ${end}: the topic was created anew or this is another cluster. Connect the right one, or empty ${store} to fill it again`,
    )
  }
  if (afterStored !== undefined && afterStored < beginning) {
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${store} holds ${where} up to offset ${storedThrough}, but the log begins at ${beginning}: retention removed what lies between. Restore the topic, or empty ${store} to accept the gap`,
    )
  }
  const commitHolds =
    commit !== undefined && commit.storedThrough === storedThrough && commit.offset <= end
  return Math.max(beginning, afterStored ?? 0, commitHolds ? commit.offset : 0)
}

/** The metadata a commit carries. */
export const commitNote = (storedThrough: number | undefined): string =>
  `stored-through=${storedThrough ?? 'none'}`

/** @returns undefined if the group has no offset or another program committed it. */
export function commitOf(
  offset: string | undefined,
  note: string | null | undefined,
): Commit | undefined {
  const text = /^stored-through=(none|\d+)$/.exec(note ?? '')?.[1]
  if (offset === undefined || Number(offset) < 0 || text === undefined) return undefined
  return { offset: Number(offset), storedThrough: text === 'none' ? undefined : Number(text) }
}
