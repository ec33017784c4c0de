/**
 * A shadow generation: what a replay makes now, in a topic of its own beside the published one.
 *
 *   1. `generations.v1` says that it is being written, and its topic is made anew;
 *   2. every vector of the range is made and sent, partition by partition, in order;
 *   3. `generations.v1` says that it is whole, how many vectors it has, and their digest.
 *
 * Nobody reads a generation that is not whole. One that was interrupted takes its topic and its
 * record back; one whose process was killed is begun anew under the same name.
 */
import { createHash } from 'node:crypto'
import type { Admin, Message } from 'kafkajs'
import type {
  Features,
  Generation,
  GenerationEnd,
  GenerationNewest,
} from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { decidedEnd } from '../../streams/decided.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createProducer, createTopics, type KafkaClient } from '../../streams/kafka.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic, generationsTopic, type Topic } from '../../streams/topics.ts'
import { EVERYTHING } from '../features/feature-sets.ts'
import { featuresProcessor } from '../features/features-processor.ts'
import { DigestChain } from '../runtime/digest-chain.ts'
import { FROM_THE_BEGINNING, replayPairs, type ReplayRange } from './replay-partition.ts'
import { committedOffsets, type ReplayFeaturesOptions } from './replay-features.ts'
import { snapshotStart } from './snapshot-start.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/
/** Vectors of a send: half a MiB. */
const VECTORS_A_SEND = 500
const PARTITION = 0
/** Instruments whose newest vector is noted: some 600 KB of a record that may have 1 MiB. */
const NEWEST_MAX = 10_000

/** Where the vectors of a generation are. @throws CandlewireError OPTION_INVALID */
export function generationTopic(generation: string): Topic<Features> {
  if (!NAME.test(generation))
    throw new CandlewireError(
      'OPTION_INVALID',
      `${JSON.stringify(generation.slice(0, 60))} names no generation: up to 40 small letters, digits and hyphens`,
    )
  return { ...featuresTopic, name: `${featuresTopic.name}.${generation}` }
}

/** Every generation by name, as `generations.v1` has them at the call. */
export async function readGenerations(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<ReadonlyMap<string, Generation>> {
  const codec = codecs.of(generationsTopic)
  const found = new Map<string, Generation>()
  const { name } = generationsTopic
  const from = await reader.beginningOffset(name, PARTITION)
  for await (const records of reader.read(
    name,
    PARTITION,
    from,
    await decidedEnd(reader, name, PARTITION),
  )) {
    for (const { key, value } of records) {
      if (value === null) found.delete(String(key))
      else {
        await codec.prepare(value)
        found.set(String(key), codec.decode(value))
      }
    }
  }
  return found
}

export interface WriteGenerationOptions extends ReplayFeaturesOptions {
  readonly kafka: KafkaClient
  /** Of the new topic, as of the others. */
  readonly layout: Parameters<typeof createTopics>[1]
  readonly generation: string
  readonly codeVersion: string
}

/**
 * @returns the record of the whole generation.
 * @throws CandlewireError OPTION_INVALID if there is one of that name, NOT_FOUND if nothing was ever published
 */
export async function writeGeneration(options: WriteGenerationOptions): Promise<Generation> {
  const { admin, reader, codecs, kafka, generation, codeVersion, signal } = options
  const topic = generationTopic(generation)
  if ((await readGenerations(reader, codecs)).get(generation)?.state === 'written')
    throw new CandlewireError(
      'OPTION_INVALID',
      `There is a generation ${generation}; choose another name`,
    )
  const producer = createProducer(kafka)
  const note = async (value: Generation | null) => {
    const bytes = value === null ? null : codecs.of(generationsTopic).encode(value)
    await producer.send({
      topic: generationsTopic.name,
      acks: -1,
      messages: [{ key: generation, value: bytes }],
    })
  }
  const record: Generation = {
    generation,
    state: 'writing',
    topic: topic.name,
    vectors: 0,
    digest: null,
    featureSetFingerprint: EVERYTHING.fingerprint,
    codeVersion,
    changedAt: Date.now(),
    isWhole: false,
    ends: [],
    newest: [],
  }
  await producer.connect()
  try {
    await note(record)
    await anew(admin, topic, options.layout)
    try {
      const written = await writeVectors(options, topic, async (messages) => {
        await producer.send({ topic: topic.name, acks: -1, messages: [...messages] })
      })
      signal.throwIfAborted()
      const whole: Generation = {
        ...record,
        ...written,
        state: 'written',
        isWhole: isEverything(options.range),
        changedAt: Date.now(),
      }
      await note(whole)
      return whole
    } catch (thrown) {
      await admin.deleteTopics({ topics: [topic.name] })
      await note(null)
      throw thrown
    }
  } finally {
    await producer.disconnect()
  }
}

/** Half a generation of a process that was killed goes first. */
async function anew(
  admin: Admin,
  topic: Topic<Features>,
  layout: WriteGenerationOptions['layout'],
): Promise<void> {
  if ((await admin.listTopics()).includes(topic.name))
    await admin.deleteTopics({ topics: [topic.name] })
  await createTopics(admin, layout, [topic])
}

async function writeVectors(
  options: WriteGenerationOptions,
  topic: Topic<Features>,
  send: (messages: readonly Message[]) => Promise<void>,
): Promise<Pick<Generation, 'vectors' | 'digest' | 'ends' | 'newest'>> {
  const { codecs, range, signal } = options
  const codec = codecs.of(featuresTopic)
  const processor = featuresProcessor(options.instruments)
  const places = await committedOffsets({ ...options, processor })
  const candlesTotal = places.reduce((sum, { committed }) => sum + committed, 0)
  if (candlesTotal === 0)
    throw new CandlewireError('NOT_FOUND', 'Nothing has been published yet, so nothing can be made')
  const digests: string[] = []
  const ends: GenerationEnd[] = []
  const newest = new Map<string, GenerationNewest>()
  let [vectors, candlesDone] = [0, 0]
  for (const { partition, committed } of places) {
    const chain = new DigestChain(topic.name, 0)
    let waiting: Message[] = []
    let publishedBefore = 0
    const end = Math.min(committed, range.toOffset + 1)
    const start =
      options.from === 'beginning'
        ? FROM_THE_BEGINNING
        : await snapshotStart({ ...options, processor, partition })
    await replayPairs(
      {
        ...options,
        processor,
        partition,
        start,
        committed: end,
        onProgress: (candles) => {
          candlesDone += candles
          options.onProgress({ candlesDone, candlesTotal, compared: vectors, differing: 0 })
        },
      },
      async (published, made) => {
        if (published !== undefined) publishedBefore = published.offset + 1
        if (made === undefined) return
        const { instrument } = made
        // The topic is new and nobody else writes into it: offsets count its records.
        const offset = chain.records
        if (published === undefined) newest.delete(instrument)
        else
          newest.set(instrument, {
            instrument,
            partition,
            offset,
            publishedOffset: published.offset,
          })
        const value = codec.encode(made)
        chain.add(value)
        vectors += 1
        const timestamp = String(made.eventTimeMs)
        waiting.push({ key: made.instrument, value, partition, timestamp })
        if (waiting.length < VECTORS_A_SEND) return
        signal.throwIfAborted()
        await send(waiting)
        waiting = []
      },
    )
    if (waiting.length > 0) await send(waiting)
    digests.push(chain.digest)
    ends.push({ partition, candlesBefore: end, publishedBefore })
  }
  return {
    vectors,
    digest: generationDigest(digests),
    ends,
    newest: newest.size > NEWEST_MAX ? [] : [...newest.values()],
  }
}

/** @param digests of the chains over the vectors, by partition in order */
export const generationDigest = (digests: readonly string[]): string =>
  createHash('sha256').update(digests.join('\n')).digest('hex')

/** Nothing is left out: what `--into` makes without any other option. */
const isEverything = ({ fromMs, toMs, fromOffset, toOffset, instrument }: ReplayRange): boolean =>
  fromMs === -Infinity &&
  toMs === Infinity &&
  fromOffset <= 0 &&
  toOffset >= Number.MAX_SAFE_INTEGER - 1 &&
  instrument === undefined
