/**
 * Promotes a generation, or goes back to what was published.
 *
 *   1. whether it may: whole, of features that the live models read, as it was written, and with the
 *      stores past its end;
 *   2. its rows are put into a table of their own, which nobody reads;
 *   3. the decision is committed to `promotions.v1`: from here on there is only forward;
 *   4. ClickHouse switches by one statement, Redis by one script.
 *
 * A run that breaks off before 3 has changed nothing; after 3 the same command completes it. What was
 * published stays in `features.v1` and in a table beside, and what is published from now on is shown
 * behind the end of the generation, whatever is shown before it.
 */
import type { Redis } from 'ioredis'
import type { Generation, GenerationEnd } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { carries, FEATURE_SETS } from '../features/feature-sets.ts'
import { NO_VERSION } from '../models/model-aliases.ts'
import { versionKey, type ModelRegistry } from '../models/model-registry.ts'
import { readGenerations } from '../replay/generation.ts'
import { fillHistory, type FillOptions } from './fill-history.ts'
import {
  HISTORY,
  historyTables,
  markHistory,
  newHistoryTable,
  NOT_KEPT,
  PUBLISHED,
  shownBy,
  switchHistory,
  tailCondition,
} from './history-tables.ts'
import { switchOnline } from './online-switch.ts'
import {
  decidePromotion,
  readPromotions,
  type DecidedPromotion,
  type PromotionLog,
} from './promotions.ts'

export interface PromoteOptions
  extends Omit<FillOptions, 'generation' | 'table'>, Pick<PromotionLog, 'kafka'> {
  readonly redis: Redis
  readonly ttlSeconds: number
  readonly registry: ModelRegistry
  /** Null: what was published. */
  readonly generation: string | null
  readonly actor: string
  readonly reason: string
  readonly codeVersion: string
}

export interface PromoteResult extends DecidedPromotion {
  /** Rows behind the end of the generation: they stay as published. */
  readonly rowsBehind: number
  /** Instruments whose newest vector in Redis was replaced. */
  readonly online: number
}

/** @throws CandlewireError NOT_FOUND, PROMOTION_REFUSED, STORE_FAILED */
export async function promote(options: PromoteOptions): Promise<PromoteResult> {
  const { reader, codecs, store, generation: name, signal } = options
  const generations = await readGenerations(reader, codecs)
  const target = name === null ? undefined : generationOf(generations, name)
  const shows = name ?? PUBLISHED
  if (target === undefined) await requireKept(options)
  else {
    requireWhole(target)
    requireServed(target, options.registry)
    await requireStored(options, target)
    await requireLater(options, target, generations)
    await fillOnce(options, target)
  }
  const decided = await decidePromotion(options, {
    generation: name,
    vectors: target?.vectors ?? 0,
    digest: target?.digest ?? null,
    featureSetFingerprint: target?.featureSetFingerprint ?? null,
    actor: options.actor,
    reason: options.reason,
    codeVersion: options.codeVersion,
    promotedAt: Date.now(),
  })
  const before = decided.promotion.previous
  const previous = before === null ? undefined : generations.get(before)
  // Going back, the tables share what was published behind the generation that was shown.
  const ends = (target ?? previous)?.ends ?? []
  await switchHistory({ store, shows, ends, signal })
  const online = await switchOnline({
    ...options,
    generation: target,
    previous,
    epoch: decided.epoch,
  })
  const newest = (await readPromotions(reader, codecs)).at(-1)
  if (newest !== undefined && newest.epoch !== decided.epoch)
    throw new CandlewireError(
      'PROMOTION_REFUSED',
      `${newest.promotion.actor} has promoted ${newest.promotion.generation ?? 'what was published'} meanwhile; promote that again to complete it`,
    )
  return { ...decided, online, rowsBehind: await rowsBehind(options, ends) }
}

function generationOf(generations: ReadonlyMap<string, Generation>, name: string): Generation {
  const found = generations.get(name)
  if (found?.state === 'written') return found
  throw new CandlewireError('NOT_FOUND', `There is no whole generation ${name}`)
}

function requireWhole({ generation, isWhole, ends }: Generation): void {
  if (isWhole && ends.length > 0) return
  throw new CandlewireError(
    'PROMOTION_REFUSED',
    `Generation ${generation} is of a part of the history; write one with --into and no range or instrument`,
  )
}

/** Every version that answers or is scored must find its inputs in what readers are given. */
function requireServed(generation: Generation, registry: ModelRegistry): void {
  const { featureSetFingerprint } = generation
  const set = [...FEATURE_SETS.values()].find(
    ({ fingerprint }) => fingerprint === featureSetFingerprint,
  )
  const reference = { featureSet: set?.name ?? '', featureSetFingerprint }
  for (const { modelName, version: number, alias } of registry.aliases.values()) {
    if (number === NO_VERSION) continue
    const version = registry.versions.get(versionKey(modelName, number))
    if (version === undefined || carries(reference, version)) continue
    throw new CandlewireError(
      'PROMOTION_REFUSED',
      `Generation ${generation.generation} (features ${featureSetFingerprint.slice(0, 12)}) does not carry ${version.featureSet}, which ${modelName} ${number} (${alias}) reads`,
    )
  }
}

/** A sink that is behind the end would write published rows over those of the generation. */
async function requireStored({ store }: PromoteOptions, target: Generation): Promise<void> {
  const rows = await store.query<{ partition: number; newest: number }>(
    `SELECT source_partition AS partition, max(source_offset) AS newest FROM ${HISTORY} GROUP BY partition`,
  )
  const newest = new Map(rows.map((row) => [row.partition, Number(row.newest)]))
  for (const { partition, publishedBefore } of target.ends) {
    const there = newest.get(partition) ?? -1
    if (there >= publishedBefore - 1) continue
    throw new CandlewireError(
      'PROMOTION_REFUSED',
      `ClickHouse has features.v1/${partition} up to offset ${there}, and generation ${target.generation} reaches to ${publishedBefore - 1}; let sink-clickhouse catch up`,
    )
  }
}

async function requireKept({ reader, codecs, store }: PromoteOptions): Promise<void> {
  if ((await readPromotions(reader, codecs)).length === 0)
    throw new CandlewireError('PROMOTION_REFUSED', 'Nothing was promoted, so there is no way back')
  const tables = await historyTables(store)
  if (tables.some(({ shows }) => shows === PUBLISHED)) return
  throw new CandlewireError('PROMOTION_REFUSED', NOT_KEPT)
}

/**
 * Behind its end a table has rows as published. One that was made earlier than the one that is shown would
 * get rows of that one there.
 */
async function requireLater(
  { store }: PromoteOptions,
  target: Generation,
  generations: ReadonlyMap<string, Generation>,
): Promise<void> {
  const shown = generations.get(shownBy(await historyTables(store)) ?? PUBLISHED)
  if (shown === undefined || shown.generation === target.generation) return
  const end = new Map(target.ends.map((each) => [each.partition, each.publishedBefore]))
  if (shown.ends.every((each) => (end.get(each.partition) ?? 0) >= each.publishedBefore)) return
  throw new CandlewireError(
    'PROMOTION_REFUSED',
    `Generation ${target.generation} ends before ${shown.generation}, which is shown; go back first (candlewire replay back)`,
  )
}

/** A table that is whole, or shown already, is not filled again. */
async function fillOnce(options: PromoteOptions, generation: Generation): Promise<void> {
  const { store } = options
  const name = generation.generation
  const tables = await historyTables(store)
  if (shownBy(tables) === undefined)
    throw new CandlewireError('PROMOTION_REFUSED', `ClickHouse has no table ${HISTORY} yet`)
  if (tables.some(({ shows }) => shows === name)) return
  const table = await newHistoryTable(store, name)
  await fillHistory({ ...options, generation, table })
  await markHistory(store, table, name)
}

async function rowsBehind(
  { store }: PromoteOptions,
  ends: readonly GenerationEnd[],
): Promise<number> {
  if (ends.length === 0) return 0
  const [row] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM ${HISTORY} WHERE ${tailCondition(ends)}`,
  )
  return Number(row?.rows ?? 0)
}
