/** Everything the server follows beside the models, begun in one order and ended together. */
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import { liveFeed, type FeedOptions, type LiveFeed } from './live-feed.ts'
import { MonitorFeed } from './monitor-feed.ts'
import { monitoringTails, type ModelGauges } from './monitoring-feed.ts'
import { ProofFollower } from './proofs/proof-follower.ts'
import { TrainingFollower } from './training-follower.ts'

interface Follower {
  start(): Promise<void>
  stop(): Promise<void>
}

export class Followers {
  /** Candles to outcomes, for the page and the streams. */
  readonly feed: LiveFeed
  readonly monitor: MonitorFeed
  readonly training: TrainingFollower
  readonly proofs: ProofFollower
  private readonly all: readonly Follower[]

  /** @param gauges set from what other services say of models */
  constructor(
    feed: FeedOptions & { readonly codecs: Codecs; readonly logger: Logger },
    gauges: ModelGauges,
  ) {
    const { reader, codecs, logger } = feed
    this.feed = liveFeed(feed)
    this.monitor = new MonitorFeed(reader, codecs, logger)
    this.training = new TrainingFollower(reader, codecs, logger)
    this.proofs = new ProofFollower(reader, codecs, logger)
    const tails = monitoringTails({ reader, codecs, gauges, logger })
    this.all = [this.feed, ...tails, this.monitor, this.training, this.proofs]
  }

  async start(): Promise<void> {
    for (const each of this.all) await each.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((each) => each.stop()))
  }
}
