/**
 * The skew check: are the features that are served, from ClickHouse and Redis, what a second path makes
 * of the candles in ClickHouse? Round by round, each bounded, feature by feature and bit by bit.
 *
 * Where each instrument stands is in its proof (`skew/INSTRUMENT` in proofs.v1): the event time up to
 * which was compared, and the counts. A check that starts again makes the bars before that once more
 * and compares what comes after; one that had failed compares everything again, so that a store that
 * was mended becomes a passed proof.
 */
import type { Proof } from '../../schemas/generated.ts'
import { CANDLE_MS } from '../../streams/topics.ts'
import type { NewestVector } from '../sinks/redis/online-store.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'
import { EVERYTHING } from '../features/feature-sets.ts'
import type { Instruments } from '../instruments/instruments.ts'
import {
  addSecondStore,
  barDifferenceText,
  compareBars,
  emptyTally,
  type BarTally,
  type StoredBar,
} from './compare-bars.ts'
import { firstRevisedMs, SecondPath, withoutLate } from './second-path.ts'
import { barsBetween, candlesAfter, newestBarMs, storedInstruments } from './stored-bars.ts'

/** Candles of one instrument in one round: some 5 MB of rows. */
const CANDLES_A_TURN = 5_000
/** Candles of all instruments in one round. */
const CANDLES_A_ROUND = 40_000

export interface SkewCheckOptions {
  readonly store: Pick<ClickHouse, 'query'>
  /** The newest vector that Redis serves; undefined where there is none. */
  readonly newest: (instrument: string) => Promise<NewestVector | undefined>
  readonly instruments: Instruments
  /** Where earlier runs stand, by key of proofs.v1. */
  readonly earlier: ReadonlyMap<string, Proof>
}

/** Where the check of one instrument stands. */
export interface SkewStanding {
  readonly instrument: string
  /** Bars compared, and of these different, since the check of the instrument began. */
  compared: number
  different: number
  fromMs: number | null
  toMs: number | null
  firstDifference: string | null
  /** Whether everything that is stored has been compared. */
  isCaughtUp: boolean
  /** Of the last turn. */
  tally: BarTally
}

export class SkewCheck {
  private readonly options: SkewCheckOptions
  private readonly paths = new Map<string, SecondPath>()
  private readonly standings = new Map<string, SkewStanding>()
  private known: string[] = []
  private next = 0

  constructor(options: SkewCheckOptions) {
    this.options = options
  }

  /** Compares more of every instrument, in turn, within the bound of a round. @returns those looked at */
  async round(signal: AbortSignal): Promise<readonly SkewStanding[]> {
    this.known = await storedInstruments(this.options.store)
    const looked: SkewStanding[] = []
    let candles = 0
    for (let turns = 0; turns < this.known.length && candles < CANDLES_A_ROUND; turns += 1) {
      if (signal.aborted) break
      const instrument = this.known[this.next % this.known.length]!
      this.next = (this.next + 1) % this.known.length
      const { standing, taken } = await this.turn(instrument)
      candles += taken
      looked.push(standing)
    }
    return looked
  }

  private async turn(instrument: string): Promise<{ standing: SkewStanding; taken: number }> {
    const { store } = this.options
    const standing = this.standingOf(instrument)
    standing.tally = emptyTally()
    const path = this.paths.get(instrument) ?? new SecondPath(this.options.instruments)
    this.paths.set(instrument, path)
    const untilMs = await newestBarMs(store, instrument)
    const afterMs = path.takenMs
    const span = { instrument, afterMs, untilMs, limit: CANDLES_A_TURN }
    const { taken, late } = withoutLate(await candlesAfter(store, span))
    standing.isCaughtUp = taken.length < CANDLES_A_TURN / 2
    if (taken.length === 0) return { standing, taken: 0 }
    const made = path.take(taken)
    const fromMs = made.openTimesMs[0] ?? taken[0]!.candle.openTimeMs
    const toMs = made.openTimesMs[Math.max(0, made.length - 1)] ?? fromMs
    const stored = await barsBetween(store, { instrument, fromMs, toMs })
    const revised = firstRevisedMs(late, stored)
    path.revisedFromMs = Math.min(path.revisedFromMs, revised)
    const compared = {
      instrument,
      made,
      fingerprint: EVERYTHING.fingerprint,
      afterMs: standing.toMs === null ? -Infinity : standing.toMs - CANDLE_MS,
      revisedFromMs: path.revisedFromMs,
    }
    compareBars(
      { ...compared, store: 'clickhouse', stored: (ms) => stored.get(ms) },
      standing.tally,
    )
    await this.compareNewest(compared, standing.tally)
    addUp(standing, { fromMs, toMs })
    return { standing, taken: taken.length }
  }

  /** The vector in Redis, where it is of one of the bars just made. */
  private async compareNewest(
    compared: Omit<Parameters<typeof compareBars>[0], 'store' | 'stored'>,
    tally: BarTally,
  ): Promise<void> {
    const newest = await this.options.newest(compared.instrument)
    if (newest === undefined) return
    const { openTimeMs, featureSetFingerprint, values } = newest.vector
    const bar: StoredBar = {
      featureSetFingerprint,
      values: values as unknown as StoredBar['values'],
    }
    const own = emptyTally()
    const stored = (ms: number) => (ms === openTimeMs ? bar : undefined)
    compareBars({ ...compared, store: 'redis', stored }, own)
    addSecondStore(tally, own)
  }

  private standingOf(instrument: string): SkewStanding {
    const known = this.standings.get(instrument)
    if (known !== undefined) return known
    const earlier = this.options.earlier.get(`skew/${instrument}`)
    const goesOn = earlier !== undefined && earlier.different === 0 && earlier.toMs !== null
    const standing: SkewStanding = {
      instrument,
      compared: goesOn ? earlier.compared : 0,
      different: 0,
      fromMs: goesOn ? earlier.fromMs : null,
      toMs: goesOn ? earlier.toMs : null,
      firstDifference: null,
      isCaughtUp: false,
      tally: emptyTally(),
    }
    this.standings.set(instrument, standing)
    return standing
  }

  /** Of all instruments. */
  get all(): readonly SkewStanding[] {
    return [...this.standings.values()]
  }
}

function addUp(standing: SkewStanding, { fromMs, toMs }: { fromMs: number; toMs: number }): void {
  const { tally } = standing
  standing.compared += tally.comparedBars
  standing.different += tally.differentBars
  if (tally.comparedBars > 0) standing.fromMs ??= fromMs + CANDLE_MS
  standing.toMs = Math.max(standing.toMs ?? -Infinity, toMs + CANDLE_MS)
  if (tally.first !== undefined) standing.firstDifference ??= barDifferenceText(tally.first)
}
