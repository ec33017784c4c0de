/**
 * When the look-ahead of stored candles is checked, and of which instrument: one sample now and then,
 * another instrument every day. Where there is nothing to check yet, or a check failed, it is tried
 * again soon; the long pause is for after a verdict.
 */
import type { Instruments } from '../instruments/instruments.ts'
import type { ProofWriter } from '../proofs/proof-writer.ts'
import type { ClickHouse } from '../sinks/clickhouse/client.ts'
import { lookaheadSample } from './lookahead-sample.ts'
import { candlesAfter, newestBarMs, storedInstruments } from './stored-bars.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Candles of a sample: the longest window is full for half of them. */
const SAMPLE_CANDLES = 3_000
/** Gaps and closed hours are in it: as many minutes back as surely hold a sample. */
const SAMPLE_SPAN_MS = 30 * DAY_MS
/** A service that starts beside an empty store finds history there some minutes later. */
const AGAIN_MS = MINUTE_MS

export interface LookaheadTurnOptions {
  readonly store: Pick<ClickHouse, 'query'>
  readonly proofs: Pick<ProofWriter, 'begin'>
  readonly instruments: Instruments
  readonly signal: AbortSignal
  /** From one verdict to the next. */
  readonly everyHours: number
  /** For tests. */
  readonly check?: typeof lookaheadSample
}

export class LookaheadTurn {
  private readonly options: LookaheadTurnOptions
  private dueMs = 0

  constructor(options: LookaheadTurnOptions) {
    this.options = options
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.dueMs
  }

  /**
   * Checks a sample of the instrument whose turn it is by the day, and writes what it finds as a proof.
   *
   * @throws CandlewireError STORE_FAILED, or what the broker answers to the proof
   */
  async look(nowMs: number): Promise<void> {
    this.dueMs = nowMs + AGAIN_MS
    const day = Math.floor(nowMs / DAY_MS)
    if (await this.prove(day)) this.dueMs = nowMs + this.options.everyHours * 60 * MINUTE_MS
  }

  /** @returns whether there was enough to come to a verdict */
  private async prove(day: number): Promise<boolean> {
    const { store, proofs, instruments, signal, check = lookaheadSample } = this.options
    const known = await storedInstruments(store)
    const instrument = known[day % Math.max(1, known.length)]
    if (instrument === undefined) return false
    const untilMs = await newestBarMs(store, instrument)
    const span = { instrument, afterMs: untilMs - SAMPLE_SPAN_MS, untilMs, limit: SAMPLE_CANDLES }
    const sample = (await candlesAfter(store, span)).map(({ candle }) => candle)
    // Too little history fills the longest windows for no bar.
    if (sample.length < SAMPLE_CANDLES / 2) return false
    const proof = proofs.begin('lookahead', 'all')
    const result = await check(instruments, sample, {
      seed: day,
      signal,
      onProgress: (done, total) => proof.show(() => ({ compared: done, total })),
    })
    if (result === undefined) return false
    const leaks = result.features.filter(({ verdict }) => verdict === 'leak')
    const unchecked = result.features.filter(({ verdict }) => verdict === 'unchecked').length
    const [first] = leaks
    await proof.end({
      state: leaks.length === 0 ? 'passed' : 'failed',
      compared: result.features.reduce((sum, { points }) => sum + points, 0),
      different: result.features.reduce((sum, { leaks: found }) => sum + found, 0),
      fromMs: sample[0]!.openTimeMs,
      toMs: sample.at(-1)!.openTimeMs,
      firstDifference:
        first === undefined
          ? null
          : `${instrument}: ${first.feature} changed when ${first.firstLeak?.what ?? 'the future did'}`,
      detail: `${instrument}, ${result.bars} bars, ${result.cuts} cuts, seed ${day}; ${unchecked} features had no value`,
    })
    return true
  }
}
