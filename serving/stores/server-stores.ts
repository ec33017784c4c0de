/** Redis and ClickHouse as the server uses them, who watches whether they answer, and what stands in for them. */
import type { Redis } from 'ioredis'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { connected, createRedis } from '../../processors/sinks/redis/client.ts'
import type { Config } from '../../streams/config.ts'
import type { Logger } from '../../streams/log.ts'
import type { OutputCache } from '../http/dependencies.ts'
import type { ServingMetrics } from '../metrics.ts'
import { RedisOnlineStore } from '../redis-online-store.ts'
import { RedisOutputCache, UNCACHED } from '../redis-output-cache.ts'
import { BackedOnlineStore } from './backed-online-store.ts'
import { DependencyWatch } from './dependency-watch.ts'
import { FollowedVectors } from './followed-vectors.ts'
import { GuardedQuestions } from './guarded-questions.ts'
import { storeProbes, type Probes } from './probes.ts'

export class ServerStores {
  readonly redis: Redis
  readonly clickhouse: ClickHouse
  readonly watch: DependencyWatch
  /** ClickHouse, asked only while it is up. */
  readonly questions: GuardedQuestions
  /** What the server has followed itself. */
  readonly vectors = new FollowedVectors()
  /** Redis with that behind it. */
  readonly online: BackedOnlineStore
  readonly outputs: OutputCache
  private readonly probes: Probes

  constructor(config: Config, metrics: ServingMetrics, logger: Logger) {
    const ttlSeconds = config.marketTtlSeconds
    this.redis = createRedis(config, logger)
    this.clickhouse = new ClickHouse(config)
    this.probes = storeProbes(config, this.redis, logger)
    this.watch = new DependencyWatch({
      probes: this.probes,
      changed: (state) =>
        state.ok
          ? logger.info({ store: state.name }, 'A store answers')
          : logger.warn({ store: state.name, cause: state.detail }, 'A store is away'),
    })
    this.questions = new GuardedQuestions(this.clickhouse, this.watch)
    this.online = new BackedOnlineStore({
      ...{ redis: new RedisOnlineStore(this.redis), followed: this.vectors },
      ...{ watch: this.watch, ttlSeconds },
    })
    this.outputs =
      config.predictionCache === 'on'
        ? new RedisOutputCache(this.redis, metrics, ttlSeconds)
        : UNCACHED
  }

  /** Waits for Redis a while, not for ever: without it the server starts all the same. */
  async connect(): Promise<void> {
    await connected(this.redis)
  }

  async close(): Promise<void> {
    await this.watch.stop()
    this.redis.disconnect()
    await Promise.allSettled([this.probes.close(), this.clickhouse.close()])
  }
}
