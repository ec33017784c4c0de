/** `candlewire replay promote`, `back` and `generations`: which computation of the features readers see. */
import { userInfo } from 'node:os'
import { readModelRegistry } from '../processors/models/read-registry.ts'
import { historyTables, PUBLISHED, shownBy } from '../processors/promotion/history-tables.ts'
import { promote, type PromoteResult } from '../processors/promotion/promote.ts'
import { readPromotions, type DecidedPromotion } from '../processors/promotion/promotions.ts'
import { readGenerations } from '../processors/replay/generation.ts'
import { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import { connected, createRedis } from '../processors/sinks/redis/client.ts'
import { PROMOTION_KEY } from '../processors/sinks/redis/keys.ts'
import type { Generation } from '../schemas/generated.ts'
import type { Config } from '../streams/config.ts'
import { messageOf } from '../streams/errors.ts'
import { abortOnSignal } from './abort-on-signal.ts'
import { packageVersion } from './package-version.ts'
import { progressLine } from './progress-line.ts'
import { withReplayClients } from './replay-clients.ts'

/** @param generation null: what was published */
export function promoteGeneration(
  config: Config,
  generation: string | null,
  { reason, json }: { readonly reason: string; readonly json?: true },
): Promise<number> {
  return withReplayClients(config, async ({ kafka, reader, codecs, logger }) => {
    const progress = progressLine()
    const store = new ClickHouse(config)
    const redis = createRedis(config, logger)
    try {
      await connected(redis)
      const result = await promote({
        kafka,
        reader,
        codecs,
        logger,
        store,
        redis,
        ttlSeconds: config.marketTtlSeconds,
        registry: await readModelRegistry(reader, codecs),
        generation,
        actor: userInfo().username,
        reason,
        codeVersion: packageVersion(),
        signal: abortOnSignal(),
        onProgress: (vectors) =>
          progress.onProgress({
            subject: 'promote',
            phase: 'filling',
            detail: `${count(vectors)} vectors`,
          }),
      })
      progress.end()
      process.stdout.write(
        json === true ? `${JSON.stringify(result, null, 2)}\n` : promotedText(result),
      )
      return 0
    } finally {
      progress.end()
      redis.disconnect()
      await store.close()
    }
  })
}

function promotedText({ promotion, epoch, rowsBehind, online }: PromoteResult): string {
  const { generation, vectors, digest } = promotion
  const shown =
    generation === null
      ? 'Readers see again what was published'
      : `Readers see generation ${generation}: ${count(vectors)} vectors, digest ${digest}`
  return (
    `${shown} (promotions.v1 offset ${epoch})\n` +
    `ClickHouse: ${count(rowsBehind)} rows behind its end, as published\n` +
    `Redis: the newest vector of ${count(online)} instruments replaced\n`
  )
}

interface Standing {
  readonly generations: readonly Generation[]
  readonly promotions: readonly DecidedPromotion[]
  /** What each store shows, {@link PUBLISHED} or a generation; a sentence where it does not answer. */
  readonly clickhouse: string
  readonly redis: string
}

/** @returns 1 if a store shows something else than what was decided */
export function generations(config: Config, options: { readonly json?: true }): Promise<number> {
  return withReplayClients(config, async ({ reader, codecs, logger }) => {
    const store = new ClickHouse(config)
    const redis = createRedis(config, logger)
    try {
      await connected(redis)
      const promotions = await readPromotions(reader, codecs)
      const standing: Standing = {
        generations: [...(await readGenerations(reader, codecs)).values()],
        promotions,
        clickhouse: await historyTables(store)
          .then((tables) => shownBy(tables) ?? 'has no table of features')
          .catch(unknown),
        redis: await redis
          .get(PROMOTION_KEY)
          .then((text) => shownInRedis(text, promotions))
          .catch(unknown),
      }
      const decided = promotions.at(-1)?.promotion.generation ?? PUBLISHED
      const isSettled = standing.clickhouse === decided && standing.redis === decided
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ ...standing, decided, isSettled }, null, 2)}\n`
          : standingText(standing, decided, isSettled),
      )
      return isSettled ? 0 : 1
    } finally {
      redis.disconnect()
      await store.close()
    }
  })
}

/** Of a Redis that was emptied the sink has made what was published anew. */
function shownInRedis(text: string | null, promotions: readonly DecidedPromotion[]): string {
  // A note of a log that was made anew is of nothing.
  const found = promotions.find(({ epoch }) => String(epoch) === text)
  return found?.promotion.generation ?? PUBLISHED
}

const unknown = (thrown: unknown): string => `does not answer: ${messageOf(thrown)}`

function standingText(
  { generations: all, promotions, clickhouse, redis }: Standing,
  decided: string,
  isSettled: boolean,
): string {
  const said = (name: string) => (name === PUBLISHED ? 'what was published' : name)
  const lines = [
    ...all.map(
      ({ generation, state, vectors, digest, isWhole, codeVersion }) =>
        `${generation.padEnd(24)} ${state}${state === 'written' && !isWhole ? ' (a part)' : ''}, ` +
        `${count(vectors)} vectors, digest ${digest ?? '-'}, by ${codeVersion}`,
    ),
    ...promotions.map(
      ({ promotion, epoch }) =>
        `promotion ${epoch}: ${said(promotion.generation ?? PUBLISHED)} by ${promotion.actor} at ` +
        `${new Date(promotion.promotedAt).toISOString()}: ${promotion.reason}`,
    ),
    `decided: ${said(decided)}; ClickHouse: ${said(clickhouse)}; Redis: ${said(redis)}`,
    ...(isSettled
      ? []
      : [
          `The stores do not show what was decided: candlewire replay ${decided === PUBLISHED ? 'back' : `promote ${decided}`} completes it`,
        ]),
  ]
  return lines.join('\n') + '\n'
}

const count = (number: number): string => number.toLocaleString('en-US')
