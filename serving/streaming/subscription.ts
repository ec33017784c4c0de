/** Which events a client wants: for each type all instruments, or some. */
import { CandlewireError } from '../../streams/errors.ts'
import { STREAM_SOURCES } from './stream-source.ts'

/** What a server says of itself: has no place in a topic and is not resumed. */
export const NOTICE_TYPES = ['model'] as const
export const EVENT_TYPES: readonly string[] = [
  ...STREAM_SOURCES.map(({ type }) => type),
  ...NOTICE_TYPES,
]
/** Vectors are large: only for those who ask. */
export const DEFAULT_TYPES: readonly string[] = EVENT_TYPES.filter((type) => type !== 'feature')
export const INSTRUMENTS_MAX = 64

type Wanted = 'all' | Set<string>

export class Subscription {
  private readonly wanted = new Map<string, Wanted>()

  constructor(types: readonly string[] = [], instruments?: readonly string[]) {
    this.add(types, instruments)
  }

  /** @param instruments unset: all. @throws CandlewireError REQUEST_INVALID for too many */
  add(types: readonly string[], instruments?: readonly string[]): void {
    for (const type of types) {
      const held = this.wanted.get(type)
      if (instruments === undefined) {
        this.wanted.set(type, 'all')
      } else if (held !== 'all') {
        const all = new Set([...(held ?? []), ...instruments])
        if (all.size > INSTRUMENTS_MAX)
          throw new CandlewireError(
            'REQUEST_INVALID',
            `More than ${INSTRUMENTS_MAX} instruments of ${type}: leave them out to get all`,
          )
        this.wanted.set(type, all)
      }
    }
  }

  /**
   * @param instruments unset: the types as a whole.
   * @throws CandlewireError REQUEST_INVALID for single ones of a type that is subscribed as a whole
   */
  remove(types: readonly string[], instruments?: readonly string[]): void {
    for (const type of types) {
      const held = this.wanted.get(type)
      if (instruments === undefined || held === undefined) {
        this.wanted.delete(type)
      } else if (held === 'all') {
        throw new CandlewireError(
          'REQUEST_INVALID',
          `All instruments of ${type} are subscribed: unsubscribe the type, then subscribe those wanted`,
        )
      } else {
        for (const instrument of instruments) held.delete(instrument)
        if (held.size === 0) this.wanted.delete(type)
      }
    }
  }

  wantsType(type: string): boolean {
    return this.wanted.has(type)
  }

  wants(type: string, instrument: string): boolean {
    const held = this.wanted.get(type)
    return held !== undefined && (held === 'all' || held.has(instrument))
  }

  /** By type: the instruments, or all. */
  list(): Record<string, 'all' | string[]> {
    return Object.fromEntries(
      [...this.wanted].map(([type, held]) => [type, held === 'all' ? held : [...held]]),
    )
  }
}
