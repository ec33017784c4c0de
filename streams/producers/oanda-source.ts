/**
 * The live OANDA source: a feed for each instrument, and one price stream that wakes them. The feeds
 * share two connections, so that back-fills of many instruments queue here and not at OANDA.
 */
import type { Config } from '../config.ts'
import { CandlewireError } from '../errors.ts'
import { oandaAccess, oandaInstruments, type OandaConfig } from '../sources/oanda/oanda-access.ts'
import { OandaClient, type OandaTimeouts } from '../sources/oanda/oanda-client.ts'
import { PriceFollower } from '../sources/oanda/price-follower.ts'
import type { BackOff } from '../sources/http/back-off.ts'
import { OandaFeed, type FeedCounts } from './oanda-feed.ts'
import type { PageBackOffs } from './oanda-pages.ts'
import type { ProducerDeps } from './produce-options.ts'

/** Beyond this the clock of this machine is reported: predictions would be late by it. */
const SKEW_MAX_MS = 5_000

export interface OandaOptions extends ProducerDeps {
  readonly config: ProducerDeps['config'] & OandaConfig & Pick<Config, 'oandaHistoryDays'>
  readonly onProgress?: (instrument: string, counts: FeedCounts) => void
  /** Shorter in tests. */
  readonly timing?: {
    readonly timeouts: OandaTimeouts
    readonly pages: PageBackOffs
    readonly stream: BackOff
  }
}

export interface OandaSource {
  readonly instruments: readonly string[]
  /** Resolves when no instrument misses anything for the first time. */
  readonly caughtUp: Promise<void>
  /** Never resolves; rejects when one instrument cannot go on. */
  readonly failed: Promise<never>
  counts(instrument: string): FeedCounts
  stats(): object
  stop(): Promise<void>
}

/** Starts it and returns. @throws CandlewireError CONFIG_INVALID */
export function startOanda(options: OandaOptions): OandaSource {
  const { config, logger, timing } = options
  const access = oandaAccess(config)
  const instruments = oandaInstruments(config)
  const client = new OandaClient(access, undefined, timing?.timeouts)
  const feeds = new Map<string, OandaFeed>()
  const follower =
    access.account === undefined
      ? undefined
      : new PriceFollower({
          client,
          instruments,
          logger,
          onMinute: ({ instrument, openTimeMs }) => feeds.get(instrument)?.minuteEnded(openTimeMs),
          ...(timing === undefined ? {} : { backOff: timing.stream }),
        })
  for (const instrument of instruments) {
    const feed = new OandaFeed({
      deps: options,
      client,
      instrument,
      historyDays: config.oandaHistoryDays,
      redact: access.redact,
      isStreamAlive: () => follower?.isAlive() === true,
      onProgress: (counts) => options.onProgress?.(instrument, counts),
      ...(timing === undefined ? {} : { backOffs: timing.pages }),
    })
    feeds.set(instrument, feed)
  }
  return running({ instruments, feeds, follower, client, logger })
}

function running(parts: {
  readonly instruments: readonly string[]
  readonly feeds: ReadonlyMap<string, OandaFeed>
  readonly follower: PriceFollower | undefined
  readonly client: OandaClient
  readonly logger: OandaOptions['logger']
}): OandaSource {
  const { instruments, feeds, follower, client, logger } = parts
  const stopping = new AbortController()
  const tasks = [...feeds.values()].map((feed) => feed.run(stopping.signal))
  if (follower !== undefined) tasks.push(follower.run(stopping.signal))
  const failed = new Promise<never>((_, reject) => {
    for (const task of tasks) task.catch(reject)
  })
  failed.catch(() => undefined)
  const caughtUp = Promise.all([...feeds.values()].map((feed) => feed.caughtUp)).then(() => {
    const { skewMs } = client.clock
    logger.info({ instruments, stream: follower !== undefined }, 'OANDA is followed live')
    if (Math.abs(skewMs) > SKEW_MAX_MS)
      logger.warn({ skewMs }, 'The clock of this machine differs from that of OANDA')
  })
  const counts = (instrument: string): FeedCounts => {
    const feed = feeds.get(instrument)
    if (feed === undefined)
      throw new CandlewireError('NOT_FOUND', `OANDA is not followed for ${instrument}`)
    return feed.counts()
  }
  return {
    instruments,
    caughtUp,
    failed,
    counts,
    stats: () => ({
      stream: follower?.stats() ?? 'off',
      instruments: Object.fromEntries(instruments.map((name) => [name, counts(name)])),
    }),
    async stop() {
      stopping.abort()
      await Promise.allSettled(tasks)
      await client.close()
    },
  }
}
