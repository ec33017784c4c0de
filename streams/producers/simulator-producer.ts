/**
 * Produces the simulated candles or the simulated news, in event-time order, exactly once: history at
 * full speed, then candle by candle at a pace until it is stopped.
 *
 * Each kind is a source of its own with a cursor of its own, so that news can be ahead of candles: of
 * history by all of it, so that it is scored before the candles come; live by half a minute of the
 * market's time, as an article appears some time within the minute whose candle closes after it.
 *
 * The cursor counts events and carries their digest. A restart replays the generator up to the cursor
 * and goes on behind it; where the digest differs, the simulator is not the one that made what is in
 * Kafka, and it refuses to go on rather than to splice two markets.
 */
import type { Config } from '../config.ts'
import { candlesTopic, newsTopic } from '../topics.ts'
import { MarketEventLog, type MarketCounts } from './market-event-log.ts'
import { Pacer } from './pace.ts'
import type { ProducerDeps } from './produce-options.ts'
import { readCursor } from './source-cursor.ts'
import { SourceWriter } from './source-writer.ts'

/** Sunday, 4 January 2026, 18:00 in New York: the first session of the year begins. */
const SIMULATION_START_MS = Date.UTC(2026, 0, 4, 23)

export type SimulatedKind = 'candles' | 'news'

export interface SimulatorOptions extends ProducerDeps {
  readonly config: Pick<Config, 'kafkaBrokers' | 'simulationSeed' | 'instrument'>
  readonly kind: SimulatedKind
  /** Candles that are produced at full speed, those of earlier runs included. */
  readonly historyMinutes: number
  /** Candles a second after that; Infinity: full speed throughout. */
  readonly pace: number
  /** Candles after which it ends, those of earlier runs included; without it, it goes on until stopped. */
  readonly untilMinutes?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: MarketCounts) => void
}

export interface SimulatorResult {
  /** Records of the kind, all runs together. */
  readonly records: number
  readonly recordsThisRun: number
  /** Newest event time of the market, Unix ms; 0 before the first event. */
  readonly lastEventTimeMs: number
  /** Whether it went on behind an earlier run. */
  readonly resumed: boolean
  /** Whether `untilMinutes` was reached. */
  readonly finished: boolean
}

/** How much earlier than its candle news is due, in minutes of the market. */
const NEWS_LEAD_MINUTES = 0.5

const simulatorSourceId = (kind: SimulatedKind, instrument: string, seed: number): string =>
  `${(kind === 'news' ? newsTopic : candlesTopic).name}|${instrument}|simulator-${seed}`

/** @throws CandlewireError REQUEST_INVALID if what is in Kafka was made by another simulator, BROKER_FAILED, FENCED */
export async function runSimulator(options: SimulatorOptions): Promise<SimulatorResult> {
  const { instrument, simulationSeed: seed } = options.config
  const sourceId = simulatorSourceId(options.kind, instrument, seed)
  const events = new MarketEventLog({ seed, instrument, fromMs: SIMULATION_START_MS })
  const writer = new SourceWriter(options, sourceId)
  try {
    await writer.connect()
    const cursor = await readCursor(options, sourceId)
    if (cursor !== undefined) await events.replayTo(cursor)
    const before = events.counts()
    const finished = await produceEvents(options, { writer, events, sourceId })
    const after = events.counts()
    return {
      records: after[options.kind],
      recordsThisRun: after[options.kind] - before[options.kind],
      lastEventTimeMs: after.lastEventTimeMs,
      resumed: cursor !== undefined,
      finished,
    }
  } finally {
    await writer.close()
  }
}

async function produceEvents(
  options: SimulatorOptions,
  { writer, events, sourceId }: { writer: SourceWriter; events: MarketEventLog; sourceId: string },
): Promise<boolean> {
  const { signal, kind, historyMinutes, pace, untilMinutes = Infinity } = options
  const lead = kind === 'news' ? NEWS_LEAD_MINUTES : 0
  // A candle is a minute of the pacer's event time, so that breaks of the market are not waited for.
  const pacer = new Pacer(pace === Infinity ? 'max' : `${60 * pace}x`)
  const isDone = () => signal?.aborted === true || events.counts().candles >= untilMinutes
  const commit = async () => {
    if (writer.uncommitted === 0) return
    await writer.commit(events.cursor(sourceId))
    options.onProgress?.(events.counts())
  }
  while (!isDone()) {
    const { candles } = events.counts()
    const dueMs = (candles - lead) * 60_000
    // The first look starts the pacer's clock: at a candle, whatever the lead.
    if (candles >= historyMinutes) pacer.waitMs(candles * 60_000)
    if (candles >= historyMinutes && pacer.waitMs(dueMs) > 0) {
      await commit()
      await pacer.wait(dueMs, signal)
      if (isDone()) break
    }
    const event = events.next()
    if (event.kind === 'news' && kind === 'news') await writer.add(newsTopic, event.news)
    if (event.kind === 'candle' && kind === 'candles') await writer.add(candlesTopic, event.candle)
    if (writer.isFull) await commit()
  }
  await commit()
  return events.counts().candles >= untilMinutes
}
