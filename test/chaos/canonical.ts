/**
 * Records of two runs made comparable. Equal input gives equal records but for offsets: those depend on
 * how the records fell into transactions. So every offset is replaced by what it means, the number of
 * records of the same instrument that lie at or before it. What depends on when something was looked
 * at, and not on the records, is left out by name.
 */
import type { AnyTopic } from '../../streams/topics.ts'

/**
 * Fields that say how much a process knew at its moment, by schema. Vectors know at least the articles
 * of their hour, which is compared; how many later ones were there already is not. Intervals follow
 * the outcomes a server has seen by then (docs/adr/0038).
 */
const INTERVAL = ['intervalLow', 'intervalHigh', 'intervalCoverage', 'intervalOutcomes']
/** Made from the same outcomes as intervals. */
const PROBABILITY = ['probability', 'brier', 'zeroBrier', 'logLoss', 'calibrationError']
const OF_THE_MOMENT: Readonly<Record<string, readonly string[]>> = {
  'prediction.avsc': [
    ...[...INTERVAL, ...PROBABILITY, 'featureAgeMs', 'abstainReason', 'confidence'],
    'signalStrength',
  ],
  'outcome.avsc': [...INTERVAL, ...PROBABILITY, 'abstained'],
  'model-quality.avsc': [
    ...[...PROBABILITY, 'coverage', 'coverageExpected', 'intervalWidth', 'intervalOutcomes'],
  ],
}
const SIDE_INPUTS = new Set(['sentiment.v1', 'outcomes.v1'])

interface Lineage {
  readonly topic: string
  readonly partition: number
  readonly fromOffset: number
  readonly toOffset: number
}

/** Offsets of the records of one group in one partition, ascending. */
export class OffsetRanks {
  private readonly offsets = new Map<string, number[]>()

  add(topic: string, partition: number, group: string, offset: number): void {
    const key = `${topic}/${partition}/${group}`
    const list = this.offsets.get(key)
    if (list === undefined) this.offsets.set(key, [offset])
    else list.push(offset)
  }

  /** How many records of the group lie at or before the offset. */
  rankOf(topic: string, partition: number, group: string, offset: number): number {
    const list = this.offsets.get(`${topic}/${partition}/${group}`) ?? []
    let [low, high] = [0, list.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (list[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What an order exists within: two processors write drift.v1, each in its own order. */
export function groupOf(value: object): string {
  const { feature, measure } = value as { feature?: string; measure?: string }
  return measure === undefined ? ownerOf(value) : `${ownerOf(value)} ${feature} ${measure}`
}

/** What a record is about. */
export function ownerOf(value: object): string {
  const { instrument, instruments, sourceTopic } = value as {
    instrument?: string
    instruments?: readonly string[]
    sourceTopic?: string
  }
  return instrument ?? instruments?.join(',') ?? sourceTopic ?? ''
}

/** One line of text, equal for equal records of two runs. */
export function canonical(topic: AnyTopic, value: object, ranks: OffsetRanks): string {
  const owner = ownerOf(value)
  const skipped = OF_THE_MOMENT[topic.schemaFile] ?? []
  const entries = Object.entries(value).filter(([name]) => !skipped.includes(name))
  return JSON.stringify(Object.fromEntries(entries), (name, field: unknown) => {
    if (name === 'lineage') return lineageOf(field as readonly Lineage[], owner, ranks)
    if (typeof field === 'bigint') return String(field)
    if (typeof field === 'number' && !Number.isFinite(field)) return String(field)
    return field
  })
}

const lineageOf = (lineage: readonly Lineage[], owner: string, ranks: OffsetRanks) =>
  lineage
    .filter(({ topic }) => !SIDE_INPUTS.has(topic))
    .map(({ topic, partition, fromOffset, toOffset }) => ({
      topic,
      from: ranks.rankOf(topic, partition, owner, fromOffset),
      to: ranks.rankOf(topic, partition, owner, toOffset),
    }))
