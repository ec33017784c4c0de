/**
 * The newest errors of every model version on every instrument, as outcomes.v1 tells them: what
 * intervals are made from. Filled by following the topic, so what it knows at a moment depends on how
 * far that has come; every prediction therefore names the offsets its interval is from.
 */
import type { Lineage, Outcome } from '../../schemas/generated.ts'
import { pairedMeans, type KnownSquare, type PairedErrors } from './paired-means.ts'

/** Errors kept of a version on an instrument: a day and a half of minutes. */
const WINDOW = 2_000
/** Below this many, an interval says little: outcomes of overlapping half hours repeat each other. */
const OUTCOMES_MIN = 200
/** Pairs of version and instrument kept; the one longest without an outcome is forgotten. 48 KB each. */
const PAIRS_MAX = 512

interface KnownError {
  /** When it was known, ms. */
  readonly knownAtMs: number
  /** Realized less predicted, percent. */
  readonly error: number
  readonly partition: number
  readonly offset: number
}

interface Pair {
  readonly errors: KnownError[]
  newestKnownAtMs: number
  /** Of all errors, as long as none came. */
  summary: ErrorSummary | undefined
}

export interface ErrorSummary {
  /** Realized less predicted, percent, ascending. */
  readonly sorted: Float64Array
  /** Their absolute values, ascending. */
  readonly sortedAbsolute: Float64Array
  readonly lineage: Lineage
}

export class ErrorBook {
  private readonly pairs = new Map<string, Pair>()
  /** Of classifications, by version and instrument. */
  private readonly misses = new Map<string, KnownSquare[]>()
  private readonly topic: string

  /** @param topic named in the lineage of what is made from it. */
  constructor(topic: string) {
    this.topic = topic
  }

  /** Outcomes that never came are left out. */
  add(outcome: Outcome, position: { readonly partition: number; readonly offset: number }): void {
    const { realizedReturn, predictedReturn, objective, eventTimeMs, probability } = outcome
    if (realizedReturn === null) return
    if (objective === 'classification') {
      if (probability !== null)
        this.addMiss(outcome, (probability - Number(realizedReturn > 0)) ** 2)
      return
    }
    const key = keyOf(outcome)
    const pair = this.pairs.get(key) ?? { errors: [], newestKnownAtMs: 0, summary: undefined }
    this.pairs.delete(key)
    this.pairs.set(key, pair)
    const error = realizedReturn - predictedReturn
    pair.errors.push({ knownAtMs: eventTimeMs, error, ...position })
    if (pair.errors.length > WINDOW) pair.errors.shift()
    pair.newestKnownAtMs = Math.max(pair.newestKnownAtMs, eventTimeMs)
    pair.summary = undefined
    const [oldest] = this.pairs.keys()
    if (this.pairs.size > PAIRS_MAX && oldest !== undefined) this.pairs.delete(oldest)
  }

  /**
   * The errors of a version on an instrument that were known by a time: a vector that is scored late
   * must not learn from what came after it.
   * @returns undefined where there are fewer than {@link OUTCOMES_MIN}.
   */
  knownBy(version: VersionOnInstrument, timeMs: number): ErrorSummary | undefined {
    const pair = this.pairs.get(keyOf(version))
    if (pair === undefined || pair.errors.length < OUTCOMES_MIN) return undefined
    if (pair.newestKnownAtMs > timeMs)
      return this.summarize(pair.errors.filter(({ knownAtMs }) => knownAtMs <= timeMs))
    pair.summary ??= this.summarize(pair.errors)
    return pair.summary
  }

  /**
   * Errors of two versions of a name on the same bars of the same instruments, so that neither had
   * the easier ones.
   * @returns undefined without any.
   */
  pairedRmse(modelName: string, version: string, champion: string): PairedErrors | undefined {
    const versions = { modelName, version, champion }
    const means = pairedMeans(versions, this.pairs.keys(), (key) =>
      this.pairs
        .get(key)
        ?.errors.map(({ knownAtMs, error }) => ({ knownAtMs, squared: error ** 2 })),
    )
    if (means === undefined) return undefined
    return { ...means, own: Math.sqrt(means.own), champion: Math.sqrt(means.champion) }
  }

  /**
   * Brier scores of two classifications on the same bars of the same instruments: mean squares of the
   * probability of a move up less whether it came. Always saying one half scores 0.25.
   * @returns undefined without any.
   */
  pairedBrier(modelName: string, version: string, champion: string): PairedErrors | undefined {
    const versions = { modelName, version, champion }
    return pairedMeans(versions, this.misses.keys(), (key) => this.misses.get(key))
  }

  private addMiss(outcome: Outcome, squared: number): void {
    const key = keyOf(outcome)
    const misses = this.misses.get(key) ?? []
    // Taken out and put back: the order of the map is that of the last outcome.
    this.misses.delete(key)
    this.misses.set(key, misses)
    misses.push({ knownAtMs: outcome.eventTimeMs, squared })
    if (misses.length > WINDOW) misses.shift()
    const [oldest] = this.misses.keys()
    if (this.misses.size > PAIRS_MAX && oldest !== undefined) this.misses.delete(oldest)
  }

  private summarize(errors: readonly KnownError[]): ErrorSummary | undefined {
    const [first] = errors
    if (errors.length < OUTCOMES_MIN || first === undefined) return undefined
    const offsets = errors.map(({ offset }) => offset)
    return {
      sorted: Float64Array.from(errors, ({ error }) => error).sort(),
      sortedAbsolute: Float64Array.from(errors, ({ error }) => Math.abs(error)).sort(),
      lineage: {
        topic: this.topic,
        partition: first.partition,
        fromOffset: Math.min(...offsets),
        toOffset: Math.max(...offsets),
      },
    }
  }
}

type VersionOnInstrument = Pick<Outcome, 'modelName' | 'modelVersion' | 'instrument'>

const keyOf = ({ modelName, modelVersion, instrument }: VersionOnInstrument): string =>
  `${modelName}/${modelVersion} ${instrument}`
