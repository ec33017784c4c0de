/**
 * Switches the newest vectors in Redis: all instruments, and which promotion they are of, in one script.
 *
 * A vector takes the place of the published one of the same bar, and of no other: where the live
 * processor is further, its vector stays. Of equal versions the later promotion wins (`tie`), so a sink
 * that writes the published one again changes nothing, and the next bar replaces it as ever.
 */
import type { ChainableCommander, Redis } from 'ioredis'
import type { Features, Generation, GenerationNewest } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { recordAt } from '../../streams/record-at.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { generationTopic } from '../replay/generation.ts'
import { PROMOTION_KEY, vectorKey } from '../sinks/redis/keys.ts'
import { vectorHash } from '../sinks/redis/online-records.ts'
import { storeBatch, type VersionedHash } from '../sinks/redis/store-batch.ts'

export interface OnlineSwitch {
  readonly redis: Redis
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly ttlSeconds: number
  /** Shown from now on; undefined: what was published. */
  readonly generation: Generation | undefined
  /** Shown before. */
  readonly previous: Generation | undefined
  readonly epoch: number
}

/** As `promotions.v1` orders them, as text. */
const tieOf = (epoch: number): string => `promotion ${String(epoch).padStart(15, '0')}`

/** @returns the instruments whose newest vector was replaced. @throws CandlewireError STORE_FAILED */
export async function switchOnline(options: OnlineSwitch): Promise<number> {
  const { redis, epoch, ttlSeconds } = options
  const hashes: VersionedHash[] = []
  const before = await redis.get(PROMOTION_KEY)
  for (const place of await standing(options)) {
    const vector = await vectorOf(options, place)
    if (vector === undefined) continue
    const { partition, publishedOffset: offset } = place
    hashes.push({ ...vectorHash(vector, { partition, offset }, ttlSeconds), tie: tieOf(epoch) })
  }
  const position = {
    key: PROMOTION_KEY,
    before: before === null ? undefined : Number(before),
    after: epoch,
  }
  const written = await storeBatch(redis, { hashes, recent: [], recentMax: 0, position })
  if (written !== undefined) return written
  throw new CandlewireError(
    'STORE_FAILED',
    'Another promotion has written to Redis meanwhile; run the command again to complete this one',
  )
}

/** As the replies of a pipeline. @throws CandlewireError STORE_FAILED */
async function answered(commands: ChainableCommander): Promise<unknown[]> {
  const replies = (await commands.exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error !== null) throw new CandlewireError('STORE_FAILED', `Redis: ${error.message}`)
    return reply
  })
}

/** Vectors whose bar is the newest in Redis: others are past, or have expired. */
async function standing({
  redis,
  generation,
  previous,
}: OnlineSwitch): Promise<readonly (GenerationNewest & { readonly isShown: boolean })[]> {
  const places = new Map<string, GenerationNewest & { readonly isShown: boolean }>()
  // What only the generation before had goes back to what was published.
  for (const place of previous?.newest ?? [])
    places.set(place.instrument, { ...place, isShown: false })
  for (const place of generation?.newest ?? [])
    places.set(place.instrument, { ...place, isShown: true })
  const all = [...places.values()]
  const pipeline = redis.pipeline()
  for (const { instrument } of all) pipeline.hget(vectorKey(instrument), 'version')
  const versions = await answered(pipeline)
  return all.filter(({ publishedOffset }, at) => versions[at] === String(publishedOffset))
}

async function vectorOf(
  { reader, codecs, generation }: OnlineSwitch,
  { partition, offset, publishedOffset, isShown }: GenerationNewest & { readonly isShown: boolean },
): Promise<Features | undefined> {
  const shown = isShown && generation !== undefined
  const topic = shown ? generationTopic(generation.generation) : featuresTopic
  const record = await recordAt(reader, topic.name, partition, shown ? offset : publishedOffset)
  if (record === undefined) return undefined
  const codec = codecs.of(featuresTopic)
  await codec.prepare(record.value)
  return codec.decode(record.value)
}
