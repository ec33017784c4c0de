/**
 * The service that checks the pipeline against itself for as long as it runs: served values against a
 * second path (skew), keys that are there twice (duplicates), and vectors that know their future
 * (lookahead). What it finds are proofs in proofs.v1 and metrics; alerts are raised from the proofs.
 *
 * One thing at a time, each bounded; what cannot be looked at now is logged and looked at next time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { SKEW_METRICS } from '../../streams/metrics/definitions/skew-metrics.ts'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import type { Instruments } from '../instruments/instruments.ts'
import { ProofWriter } from '../proofs/proof-writer.ts'
import { readProofs } from '../proofs/read-proofs.ts'
import { ClickHouse } from '../sinks/clickhouse/client.ts'
import { connected, createRedis } from '../sinks/redis/client.ts'
import { readNewestVector } from '../sinks/redis/online-store.ts'
import type { BarTally, StoreTally } from './compare-bars.ts'
import { duplicateRows, RepeatedRecords, verdictOf, type DuplicateCount } from './duplicate-keys.ts'
import { LookaheadTurn } from './lookahead-turn.ts'
import { SkewCheck, type SkewStanding } from './skew-check.ts'

export interface SkewOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly instruments: Instruments
  readonly codeVersion: string
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

const MINUTE_MS = 60_000
const ALL = 'all'
/** That served features are read from; labels of the metrics. */
const STORES = ['clickhouse', 'redis']

/** @throws CandlewireError BROKER_FAILED, STORE_FAILED */
export async function runSkew(options: SkewOptions): Promise<SkewService> {
  const service = new SkewService(options)
  await service.start()
  return service
}

export class SkewService {
  readonly failed = new Promise<never>(() => undefined)
  private readonly options: SkewOptions
  private readonly store: ClickHouse
  private readonly redis: ReturnType<typeof createRedis>
  private readonly reader: PartitionReader
  private readonly proofs: ProofWriter
  private readonly metrics: MetricSet
  private readonly repeated = [RepeatedRecords.ofFeatures(), RepeatedRecords.ofPredictions()]
  private readonly stopping = new AbortController()
  private readonly lookahead: LookaheadTurn
  private check: SkewCheck | undefined
  private running: Promise<void> = Promise.resolve()
  private duplicatesDueMs = 0
  private newestMs = -Infinity
  private readonly counts = { rounds: 0, failed: 0, barsCompared: 0, barsDifferent: 0 }

  constructor(options: SkewOptions) {
    const { config, kafka, codecs, codeVersion, logger } = options
    this.options = options
    this.store = new ClickHouse(config)
    this.redis = createRedis(config, logger)
    this.reader = new PartitionReader(config, 'skew', logger)
    this.proofs = new ProofWriter({ kafka, codecs, codeVersion })
    this.lookahead = new LookaheadTurn({
      store: this.store,
      proofs: this.proofs,
      instruments: options.instruments,
      signal: this.stopping.signal,
      everyHours: config.skewLookaheadHours,
    })
    this.metrics = options.metrics ?? new MetricSet()
    // A difference found in the first round is an increase only where a 0 was scraped before it.
    for (const store of STORES) this.countStore(store, { compared: 0, different: 0 })
    this.metrics.counter(SKEW_METRICS.notComparable)
  }

  stats(): object {
    return this.counts
  }

  async start(): Promise<void> {
    await Promise.all([this.reader.connect(), this.proofs.connect(), connected(this.redis)])
    this.running = this.loop()
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('Stopped'))
    await this.running
    this.redis.disconnect()
    await Promise.allSettled([this.proofs.close(), this.reader.disconnect(), this.store.close()])
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      const isCaughtUp = await this.look(Date.now())
      // History is gone through without waiting; who has caught up waits for new bars.
      const waitMs = isCaughtUp ? this.options.config.skewEverySeconds * 1_000 : 0
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** One round of all that is due. @returns whether there is nothing left to compare now */
  async look(nowMs: number): Promise<boolean> {
    this.counts.rounds += 1
    let isCaughtUp = true
    await this.guarded('skew', async () => {
      isCaughtUp = await this.lookAtSkew()
    })
    if (nowMs >= this.duplicatesDueMs) {
      this.duplicatesDueMs = nowMs + this.options.config.skewDuplicatesMinutes * MINUTE_MS
      await this.guarded('duplicates', () => this.lookAtDuplicates(nowMs))
    }
    if (isCaughtUp && this.lookahead.isDue(nowMs))
      await this.guarded('lookahead', () => this.lookahead.look(nowMs))
    return isCaughtUp
  }

  private async guarded(what: string, work: () => Promise<void>): Promise<void> {
    if (this.stopping.signal.aborted) return
    try {
      await work()
    } catch (thrown) {
      if (this.stopping.signal.aborted) return
      this.counts.failed += 1
      // What was half compared is made again from the proofs.
      if (what === 'skew') this.check = undefined
      this.options.logger.warn({ what, cause: messageOf(thrown) }, 'A check failed and is repeated')
    }
  }

  private async lookAtSkew(): Promise<boolean> {
    const { codecs, instruments } = this.options
    this.check ??= new SkewCheck({
      store: this.store,
      newest: (instrument) => readNewestVector(this.redis, instrument).catch(() => undefined),
      instruments,
      earlier: await readProofs(this.reader, codecs),
    })
    const looked = await this.check.round(this.stopping.signal)
    for (const standing of looked) {
      this.count(standing)
      if (standing.tally.comparedBars > 0) await this.show(standing.instrument, [standing])
    }
    const { all } = this.check
    if (looked.some(({ tally }) => tally.comparedBars > 0)) await this.show(ALL, all)
    return all.every(({ isCaughtUp }) => isCaughtUp)
  }

  private countStore(store: string, { compared, different }: StoreTally): void {
    this.metrics.counter(SKEW_METRICS.compared).inc({ store }, compared)
    this.metrics.counter(SKEW_METRICS.different).inc({ store }, different)
  }

  private count({ tally, toMs }: SkewStanding): void {
    const { metrics } = this
    this.counts.barsCompared += tally.comparedBars
    this.counts.barsDifferent += tally.differentBars
    for (const [store, values] of tally.byStore) this.countStore(store, values)
    for (const [reason, values] of tally.notComparable)
      metrics.counter(SKEW_METRICS.notComparable).inc({ reason }, values)
    if (toMs !== null && toMs > this.newestMs) {
      this.newestMs = toMs
      metrics.gauge(SKEW_METRICS.position).set(toMs / 1_000)
    }
    if (tally.first !== undefined)
      this.options.logger.error({ difference: tally.first }, 'A served value is not the one made')
  }

  private async show(scope: string, standings: readonly SkewStanding[]): Promise<void> {
    const sum = (of: (standing: SkewStanding) => number) =>
      standings.reduce((total, standing) => total + of(standing), 0)
    const times = (of: (standing: SkewStanding) => number | null) =>
      standings.map(of).filter((ms) => ms !== null)
    const different = sum((standing) => standing.different)
    const [froms, tos] = [times(({ fromMs }) => fromMs), times(({ toMs }) => toMs)]
    const isCaughtUp = standings.every((standing) => standing.isCaughtUp)
    await this.proofs.begin('skew', scope).end({
      state: different > 0 ? 'failed' : isCaughtUp ? 'passed' : 'running',
      compared: sum((standing) => standing.compared),
      different,
      fromMs: froms.length === 0 ? null : Math.min(...froms),
      toMs: tos.length === 0 ? null : Math.max(...tos),
      firstDifference: standings.find((each) => each.firstDifference)?.firstDifference ?? null,
      detail: detailOf(standings.map(({ tally }) => tally)),
    })
  }

  private async lookAtDuplicates(nowMs: number): Promise<void> {
    const counts: DuplicateCount[] = await duplicateRows(this.store)
    for (const topic of this.repeated)
      counts.push(await topic.look(this.reader, this.options.codecs))
    const verdict = verdictOf(counts)
    if (verdict !== undefined) await this.proofs.begin('duplicates', ALL).end(verdict)
    // There is nothing yet: it is looked again soon.
    else this.duplicatesDueMs = nowMs + MINUTE_MS
  }
}

/** What was not compared in the last turn, and which features differ. */
function detailOf(tallies: readonly BarTally[]): string {
  const reasons = new Map<string, number>()
  const features = new Map<string, number>()
  for (const { notComparable, byFeature } of tallies) {
    for (const [reason, values] of notComparable)
      reasons.set(reason, (reasons.get(reason) ?? 0) + values)
    for (const [name, values] of byFeature) features.set(name, (features.get(name) ?? 0) + values)
  }
  const list = (all: ReadonlyMap<string, number>) =>
    [...all].map(([name, values]) => `${name} ${values}`).join(', ')
  const parts = [
    ...(reasons.size > 0 ? [`values not comparable: ${list(reasons)}`] : []),
    ...(features.size > 0 ? [`values that differ, by feature: ${list(features)}`] : []),
  ]
  return parts.join('; ')
}
