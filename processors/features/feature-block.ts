/**
 * A feature is an entry of the registry; a block is the code that computes the features which share
 * work. A block is a file in `blocks/`; the registry lists the blocks.
 */
import type { MemoryLayout } from '../indicators/memory-layout.ts'
import type { Bar } from './bar.ts'
import type { BarHistory } from './bar-history.ts'
import type { Settling } from './settling.ts'

export type FeatureGroup =
  | 'basic'
  | 'returns'
  | 'technical'
  | 'momentum'
  | 'volatility'
  | 'microstructure'
  | 'quotes'
  | 'calendar'
  | 'interaction'
  | 'news'

/** What is known of a feature; everything shown or documented about it comes from here. */
export interface FeatureSpec {
  readonly name: string
  /** Raised when the definition, and so the value, changes; part of a set's fingerprint. */
  readonly version: number
  readonly group: FeatureGroup
  /** A number where not given. Times are ms since 1970, UTC. */
  readonly kind?: 'time' | 'text'
  /** price, fraction, percent, points (0..100), flag (0 or 1), ratio, volume, ... */
  readonly unit: string
  /** Interval the values lie in, in mathematical notation. */
  readonly range: string
  /** Formula, in the notation of docs/features.md. */
  readonly definition: string
  /** Where the formula comes from. */
  readonly source: string
  /** Bars of the grid until the first value, where every input is there. */
  readonly warmupBars: number
  /** When its value no longer depends on where the computation began; with the first one if not given. */
  readonly settling?: Settling
  /** When it is null although it is warm. */
  readonly nullRule: string
  /** Fields of the candle or of `sentiment.v1`, and features it is made of. */
  readonly inputs: readonly string[]
}

/** Adds the bar number `bars` (0 for the first) and writes the block's features to `row`. */
export type BlockStep = (memory: Float64Array, bars: number, bar: Bar, row: Float64Array) => void

/** What a block is built from. */
export interface BlockContext {
  readonly layout: MemoryLayout
  readonly history: BarHistory
  /** Column of a feature in `row`: its own, or one of a block that stands before it. */
  readonly columnOf: (feature: string) => number
  /** Whether anybody reads a feature: what costs much need not be computed for nobody. */
  readonly isWanted: (feature: string) => boolean
}

export interface FeatureBlock {
  readonly name: string
  /** In the order of their columns, which are consecutive. */
  readonly features: readonly FeatureSpec[]
  readonly build: (context: BlockContext) => BlockStep
}

/** Null rule of a feature that always has a value once warm. */
export const NEVER = 'never'
/** Null rule of what needs a volume. */
export const NO_VOLUME = 'without volume'
/** Null rule of what divides by the volume of the last 20 bars. */
export const IDLE = `${NO_VOLUME}; the last 20 volumes are 0`
