/**
 * The incremental feature engine: one bar in, one vector out, nothing allocated.
 *
 * It runs the blocks that a feature set needs over one Float64Array of state. The engine itself is
 * immutable apart from a scratch row, so one engine serves every instrument.
 */
import assert from 'node:assert/strict'
import { MemoryLayout } from '../indicators/memory-layout.ts'
import type { Bar } from './bar.ts'
import { BarHistory } from './bar-history.ts'
import type { BlockStep, FeatureBlock } from './feature-block.ts'
import type { FeatureName, FeatureSet } from './feature-sets.ts'
import { FEATURE_BLOCKS, featureSpec } from './registry.ts'

/** Index in memory of the number of bars seen. */
const BARS = 0

export class MarketFeatures {
  readonly set: FeatureSet
  /** The features of the set that this engine computes: all but the news. */
  readonly features: readonly FeatureName[]
  private readonly layout = new MemoryLayout()
  private readonly history: BarHistory
  private readonly steps: readonly BlockStep[]
  private readonly row: Float64Array
  /** Column in `row` of each of `features`. */
  private readonly columns: Int32Array

  constructor(set: FeatureSet) {
    this.set = set
    assert.equal(this.layout.reserve(1, 0), BARS)
    this.history = new BarHistory(this.layout)
    const blocks = blocksFor(set)
    const columns = new Map<string, number>()
    for (const spec of blocks.flatMap((block) => block.features))
      columns.set(spec.name, columns.size)
    const columnOf = (feature: string): number => {
      const column = columns.get(feature)
      assert(column !== undefined, `${feature} is computed before it is read`)
      return column
    }
    this.row = new Float64Array(columns.size).fill(NaN)
    this.features = set.features.filter((feature) => columns.has(feature))
    this.columns = Int32Array.from(this.features, columnOf)
    const { layout, history } = this
    const read = blocks.flatMap((block) => block.features.flatMap((spec) => spec.inputs))
    const wanted = new Set<string>([...set.features, ...read])
    const isWanted = (feature: string): boolean => wanted.has(feature)
    this.steps = blocks.map((block) => block.build({ layout, history, columnOf, isWanted }))
  }

  /** State before the first bar. */
  initialMemory(): Float64Array {
    return this.layout.initialMemory()
  }

  /** Numbers of state per instrument. */
  get memoryLength(): number {
    return this.layout.length
  }

  /** Bars this memory has seen. */
  barsSeen(memory: Float64Array): number {
    return memory[BARS]!
  }

  /** Adds a bar and writes its vector, [features.length] float64 in that order, NaN for null. */
  update(memory: Float64Array, bar: Bar, vector: Float64Array): void {
    const bars = memory[BARS]! | 0
    this.history.push(memory, bars, bar)
    const { steps, row, columns } = this
    for (let i = 0; i < steps.length; i++) steps[i]!(memory, bars, bar, row)
    for (let i = 0; i < columns.length; i++) {
      const value = row[columns[i]!]!
      // A division by zero is a null like any other; + 0 makes -0 the same bytes as 0.
      vector[i] = Math.abs(value) < Infinity ? value + 0 : NaN
    }
    memory[BARS] = bars + 1
  }

  /** The simple one-minute returns up to the newest bar, newest first, NaN before they exist. */
  recentReturns(memory: Float64Array, target: Float64Array): void {
    const end = this.history.returns.end((memory[BARS]! | 0) - 1)
    for (let i = 0; i < target.length; i++) target[i] = memory[end - i]!
  }
}

/** The blocks of the features of a set, and of what those are made of, in registry order. */
function blocksFor(set: FeatureSet): readonly FeatureBlock[] {
  const blockOf = new Map(
    FEATURE_BLOCKS.flatMap((block) => block.features.map((spec) => [spec.name, block] as const)),
  )
  const needed = new Set<FeatureBlock>()
  const visit = (feature: string): void => {
    const block = blockOf.get(feature)
    if (block === undefined || needed.has(block)) return
    needed.add(block)
    for (const spec of block.features) spec.inputs.forEach(visit)
  }
  for (const feature of set.features) {
    featureSpec(feature)
    visit(feature)
  }
  return FEATURE_BLOCKS.filter((block) => needed.has(block))
}
