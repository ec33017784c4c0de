/**
 * Judges what a simulated run left in the log. Apart from the runtime: it knows the processors' pure
 * steps, the records and nothing else.
 *
 *   1. every output is there once, in order, with the bytes of an undisturbed run;
 *   2. committed offsets never go back, and end at the end of the input;
 *   3. a vector knows every article that was decided when its candle was fetched;
 *   4. every record that cannot be decoded, or that a step refuses, is a dead letter once;
 *   5. the digest beside the newest committed offset is that of the published records.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Candle, Features } from '../../schemas/generated.ts'
import {
  deadLettersTopic,
  sentimentTopic,
  type AnyTopic,
  type Topic,
} from '../../streams/topics.ts'
import type { Outgoing } from '../../processors/runtime/processor.ts'
import type { AnyProcessor } from '../../processors/runtime/work.ts'
import { PARTITIONS, type SimulationResult } from './simulation.ts'
import type { LogRecord } from './simulated-log.ts'

/** @throws AssertionError that says what is wrong */
export async function check(result: SimulationResult): Promise<void> {
  const parts = new Map<string, string[][]>()
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const letters: Buffer[] = []
    for (const make of result.scenario.processors)
      letters.push(...(await checkPartition(result, make(), partition, parts)))
    checkRefused(result, letters, partition)
  }
  for (const [slot, sequences] of parts) checkPublished(result, slot, sequences)
  for (const [slot, offsets] of result.log.offsetHistory)
    offsets.reduce((before, next) => {
      assert(next >= before, `${slot}: committed offset went back from ${before} to ${next}`)
      return next
    }, 0)
  checkDeadLetters(result)
}

/** @returns the dead letters that the steps put out */
async function checkPartition(
  result: SimulationResult,
  work: AnyProcessor,
  partition: number,
  parts: Map<string, string[][]>,
): Promise<readonly Buffer[]> {
  const { log } = result
  const input = work.input.name
  const group = `candlewire-${work.name}`
  const committed = log.committedOffset(group, input, partition) ?? 0
  assert.equal(
    log.read(input, partition, committed, Infinity).length,
    0,
    `${group} has not processed ${input}/${partition} from ${committed} on`,
  )
  const expected = await expectedOutputs(result, work, partition)
  for (const [topic, bytes] of expected) {
    const slot = `${topic.name}/${topic.partitions === 'single' ? 0 : partition}`
    const wanted = bytes.map((each) => each.toString('hex'))
    parts.set(slot, [...(parts.get(slot) ?? []), wanted])
  }
  checkDigest(result, work, partition)
  return expected.get(deadLettersTopic) ?? []
}

/** Where several write into one partition, what each of them wrote is there in its order. */
function checkPublished(
  { log }: SimulationResult,
  slot: string,
  sequences: readonly (readonly string[])[],
): void {
  const [topic = '', partition] = slot.split('/')
  if (topic === deadLettersTopic.name) return
  const published = log
    .read(topic, Number(partition), 0, Infinity)
    .map(({ value }) => value?.toString('hex'))
  for (const wanted of sequences) {
    let at = 0
    for (const [index, each] of wanted.entries()) {
      if (sequences.length > 1) while (at < published.length && published[at] !== each) at += 1
      assert(published[at] === each, `${slot}: record ${index} differs`)
      at += 1
    }
  }
  const total = sequences.reduce((sum, { length }) => sum + length, 0)
  assert.equal(published.length, total, `${slot}: number of records`)
}

/** Folded here anew, by the definition in digest-chain.ts: SHA-256 over the one before and the value. */
function checkDigest({ log }: SimulationResult, work: AnyProcessor, partition: number): void {
  const { chainedTopic, input } = work
  if (chainedTopic === undefined) return
  const group = `candlewire-${work.name}`
  const note = log.committed(group, input.name, partition)?.metadata ?? ''
  const published = log.read(chainedTopic.name, partition, 0, Infinity)
  const digest = published.reduce(
    (before, { value }) => createHash('sha256').update(before).update(value!).digest(),
    Buffer.alloc(32),
  )
  assert.equal(
    note,
    `sha256-chain/1 topic=${chainedTopic.name} from=0 records=${published.length} digest=${digest.toString('hex')}`,
    `${group}: digest beside the committed offset of ${input.name}/${partition}`,
  )
}

/** What one quiet process makes of the input, with the articles that each vector says it knew. */
async function expectedOutputs(
  result: SimulationResult,
  work: AnyProcessor,
  partition: number,
): Promise<Map<AnyTopic, Buffer[]>> {
  const { codecs } = result
  const { sideInput } = work
  // Where a record names its cut itself, the log says it; else the lineage of the vectors does.
  const isLookedUp = sideInput !== undefined && sideInput.cutOf === undefined
  const cuts = isLookedUp ? cutsOf(result, partition) : new Map<number, number>()
  const sides = sideInput === undefined ? [] : decoded(result, sideInput.topic, partition)
  const states = new Map<string, object>()
  const stateOf = (key: string): object => {
    let state = states.get(key)
    if (state === undefined) states.set(key, (state = work.initial(key) as object))
    return state
  }
  const contexts = contextsOf(result, work, partition)
  const stepped: Outgoing[] = []
  let cut = 0
  let next = 0
  for (const { offset, value, key } of decoded(result, work.input, partition)) {
    const record = { topic: work.input.name, partition, offset, value, key }
    const named = sideInput?.cutOf?.(record)
    const side = named === undefined ? (cuts.get(offset) ?? cut) : Math.max(cut, named)
    const least = cuts.has(offset) ? (result.decided.get(`${partition}/${offset}`) ?? 0) : 0
    assert(side >= least, `candle ${offset}: knew articles before ${side}, ${least} were decided`)
    assert(side >= cut, `candle ${offset}: articles known went back from ${cut} to ${side}`)
    cut = side
    for (; next < sides.length && sides[next]!.offset < cut; next += 1) {
      const side = { topic: sideInput?.topic.name ?? '', partition, ...sides[next]! }
      sideInput?.take(stateOf(sideInput.keyOf(side.value)), side)
    }
    const withCut = sideInput === undefined ? record : { ...record, sideNextOffset: cut }
    const context = contexts.get(offset)
    const known = context === undefined ? withCut : { ...withCut, context }
    const refused = work.refuse?.(known)
    stepped.push(...(refused ? [refused] : work.step(stateOf(work.keyOf(value)), known)))
  }
  const outputs = new Map<AnyTopic, Buffer[]>()
  for (const output of (await work.finish?.(stepped)) ?? stepped) {
    const bytes = codecs.of<unknown>(output.topic).encode(output.value)
    outputs.set(output.topic, [...(outputs.get(output.topic) ?? []), bytes])
  }
  return outputs
}

/** Under which context each input was stepped, as the committed steps say; it only goes forward. */
function contextsOf(
  { scenario, log, codecs }: SimulationResult,
  work: AnyProcessor,
  partition: number,
): Map<number, unknown> {
  const trace = scenario.contexts[work.name]
  const contexts = new Map<number, unknown>()
  if (trace === undefined) return contexts
  let newest = -1
  for (const { value } of log.read(trace.topic.name, partition, 0, Infinity)) {
    const { sourceLine, close: epoch } = codecs.of(trace.topic as Topic<Candle>).decode(value)
    assert(epoch >= newest, `${work.name}: context went back from ${newest} to ${epoch}`)
    newest = epoch
    if (epoch >= 0) contexts.set(sourceLine!, trace.contextOf(epoch))
  }
  return contexts
}

/** Sentiment offset that was known when each candle was processed, by the lineage of its vectors. */
function cutsOf(result: SimulationResult, partition: number): Map<number, number> {
  const vectors = result.log.read('features.v1', partition, 0, Infinity)
  return new Map(
    vectors.map(({ value }) => {
      const { lineage } = result.codecs.of<Features>({ name: 'features.v1' } as never).decode(value)
      const article = lineage.find(({ topic }) => topic === sentimentTopic.name)
      return [lineage[0]!.toOffset, (article?.toOffset ?? -1) + 1]
    }),
  )
}

/** Records that can be decoded. */
function decoded(result: SimulationResult, topic: Topic<unknown>, partition: number) {
  const codec = result.codecs.of(topic)
  return result.log.read(topic.name, partition, 0, Infinity).flatMap(({ offset, value, key }) => {
    const isGood = !isPoison(result, topic, { value })
    return isGood ? [{ offset, key, value: codec.decode(value) as never }] : []
  })
}

function isPoison(
  { codecs }: SimulationResult,
  topic: AnyTopic,
  { value }: Pick<LogRecord, 'value'>,
): boolean {
  try {
    codecs.of<unknown>(topic).decode(value)
    return false
  } catch {
    return true
  }
}

const UNDECODABLE: readonly string[] = ['RECORD_UNDECODABLE', 'SCHEMA_UNKNOWN']

/** What the steps refuse is among the dead letters of its partition once, byte for byte. */
function checkRefused(
  { log, codecs }: SimulationResult,
  letters: readonly Buffer[],
  partition: number,
): void {
  const published = log
    .read(deadLettersTopic.name, partition, 0, Infinity)
    .filter(({ value }) => !UNDECODABLE.includes(codecs.of(deadLettersTopic).decode(value).code))
    .map(({ value }) => value?.toString('hex'))
  const wanted = letters.map((each) => each.toString('hex'))
  assert.deepEqual(published.sort(), wanted.sort(), `dead letters of refused records/${partition}`)
}

/** Where a processor reads a topic: a side input is taken when the other comes, up to its last cut. */
function checkDeadLetters(result: SimulationResult): void {
  const { log, codecs, scenario } = result
  const works = scenario.processors.map((make) => make())
  const letters = Array.from({ length: PARTITIONS }, (_, partition) =>
    log.read(deadLettersTopic.name, partition, 0, Infinity),
  )
    .flatMap((records) => records.map(({ value }) => codecs.of(deadLettersTopic).decode(value)))
    .filter(({ code }) => UNDECODABLE.includes(code))
  const topics = works.flatMap(({ input, sideInput }) => [
    input,
    ...(sideInput ? [sideInput.topic] : []),
  ])
  for (const topic of new Set<AnyTopic>(topics)) {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      // Every processor that reads the topic says so once, of what lies below its offset.
      const wanted = works
        .filter(({ input, sideInput }) => input === topic || sideInput?.topic === topic)
        .flatMap(({ name }) => {
          const end = log.committedOffset(`candlewire-${name}`, topic.name, partition) ?? 0
          return log.read(topic.name, partition, 0, end)
        })
        .filter((record) => isPoison(result, topic, record))
        .map(({ offset }) => offset)
      const seen = letters
        .filter((each) => each.sourceTopic === topic.name && each.sourcePartition === partition)
        .map(({ sourceOffset }) => Number(sourceOffset))
      const ascending = (a: number, b: number) => a - b
      assert.deepEqual(
        seen.sort(ascending),
        wanted.sort(ascending),
        `${topic.name}/${partition}: dead letters of undecodable records`,
      )
    }
  }
}
