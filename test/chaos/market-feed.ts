/**
 * The input of a run: simulated candles and headlines of several instruments, the same at every pace.
 *
 * What is published downstream must not depend on timing, or no two runs could be compared. One thing
 * would: which articles are scored when a candle is processed. So headlines run ahead: those of a
 * stretch are scored before its candles come. They are published and scored while earlier candles flow
 * and processes are hit, so the sentiment processor has its share of the faults.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { SENTIMENT_GROUP } from '../../processors/sentiment/run-sentiment.ts'
import { runSimulator, type SimulatedKind } from '../../streams/producers/simulator-producer.ts'
import { messageOf } from '../../streams/errors.ts'
import { newsTopic, sentimentTopic } from '../../streams/topics.ts'
import { catchUp } from '../../bin/start/catch-up.ts'
import { settled } from '../../bin/start/settled.ts'
import type { RunContext } from '../../bin/start/run-context.ts'

/** Candles of an instrument whose headlines are published together. */
const STRETCH = 240
/** The whole input has to get through: what is down comes back long before. */
const GIVE_UP_MS = 10 * 60_000
const RETRY_MS = 1_000
const FIRST_SEED = 101

export interface FeedOptions {
  readonly context: RunContext
  readonly instruments: readonly string[]
  /** Of each instrument. */
  readonly candles: number
  /** Of each instrument, a second; Infinity: as fast as they are taken. */
  readonly pace: number
  readonly say: (line: string) => void
}

/** Resolves when everything is in Kafka. */
export async function feed(options: FeedOptions): Promise<void> {
  const { candles } = options
  await publishNews(options, STRETCH)
  for (let from = 0; from < candles; from += STRETCH) {
    const until = Math.min(candles, from + STRETCH)
    await newsScored(options)
    await Promise.all([
      publish(options, 'candles', { history: from, until }),
      until < candles ? publishNews(options, until + STRETCH) : undefined,
    ])
  }
}

const publishNews = (options: FeedOptions, until: number): Promise<void> =>
  publish({ ...options, pace: Infinity }, 'news', { history: until, until })

async function publish(
  options: FeedOptions,
  kind: SimulatedKind,
  minutes: { readonly history: number; readonly until: number },
): Promise<void> {
  const { context, instruments, pace } = options
  await Promise.all(
    instruments.map((instrument, at) =>
      patiently(options, `${kind} of ${instrument}`, () =>
        runSimulator({
          ...context,
          // Of its own seed, or all would have the same headlines.
          config: { ...context.config, instrument, simulationSeed: FIRST_SEED + at },
          kind,
          historyMinutes: minutes.history,
          untilMinutes: minutes.until,
          pace,
        }),
      ),
    ),
  )
}

async function newsScored(options: FeedOptions): Promise<void> {
  const { context } = options
  const input = { groupId: SENTIMENT_GROUP, topic: newsTopic.name }
  await patiently(options, 'scoring', async () => {
    await catchUp([input], { ...context, stuckMs: GIVE_UP_MS })
    await settled(context, sentimentTopic.name)
  })
}

/** A producer that lost its broker goes on from its cursor, as the process would after a restart. */
async function patiently(
  { say }: FeedOptions,
  what: string,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS
  for (;;) {
    try {
      await attempt()
      return
    } catch (thrown) {
      if (Date.now() > deadline) throw thrown
      say(`feed: ${what} is tried again: ${messageOf(thrown)}`)
      await delay(RETRY_MS)
    }
  }
}
