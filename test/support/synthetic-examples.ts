/** Examples for tests: a weak signal in a few columns, gaps, a cold start, a column that is never there. */
import { ExampleSpool, type SpoolIndex } from '../../training/examples/example-spool.ts'
import type { LabelHorizon } from '../../processors/labels/labels-processor.ts'
import { randomOrder, randomStream } from '../../training/search/random-stream.ts'
import type { Example, FeatureValues } from '../../schemas/generated.ts'
import {
  featureSet,
  referenceTo,
  type FeatureName,
} from '../../processors/features/feature-sets.ts'

const set = featureSet('market-76')
/** Input columns of the spool: the set, then the lags of the one-minute return. */
export const SYNTHETIC_COLUMNS: readonly string[] = [
  ...set.features,
  ...Array.from({ length: 6 }, (_, index) => `return_1_lag_${index + 1}`),
]
const MINUTE_MS = 60_000
const START_MS = Date.UTC(2024, 0, 2)

export interface SyntheticOptions {
  readonly rows: number
  readonly instrument?: string
  /** Share of the label that the columns explain; the rest is noise. */
  readonly signal?: number
  /** Deals the 30-minute labels of a spool out anew: they mean nothing any more. */
  readonly shuffleSeed?: number
  /** Which label is spooled; 30 unless given. */
  readonly horizonMinutes?: LabelHorizon
}

/** Uniform from -0.5 to 0.5 by position: the finaliser of MurmurHash3 (Austin Appleby, public domain). */
function noise(index: number): number {
  let mixed = (index + 0x9e3779b9) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

/** The same for the same arguments. */
export function* syntheticExamples({
  rows,
  instrument = 'SYNTHETIC',
  signal = 0.5,
}: SyntheticOptions): Generator<Example> {
  const width = set.features.length
  for (let row = 0; row < rows; row += 1) {
    const openTimeMs = START_MS + row * MINUTE_MS
    const values = Object.fromEntries(
      set.features.map((name, column): [FeatureName, number | null] => {
        const isGap = column === 10 && row % 9 === 0
        return [name, column === 20 || isGap ? null : noise(row * width + column) * (column + 1)]
      }),
    ) as unknown as FeatureValues
    // The second part is even in its column: no linear model can see it.
    const explained =
      (values.return_1 ?? 0) / 16 + (Math.abs(values.rsi_20 ?? 0) > 5.5 ? 0.3 : -0.3)
    const label = signal * explained + (1 - signal) * noise(row * 7 + 3)
    yield {
      instrument,
      openTimeMs,
      eventTimeMs: openTimeMs + MINUTE_MS,
      close: 100,
      featureSet: set.name,
      featureSetFingerprint: set.fingerprint,
      recentReturns: Array.from({ length: 7 }, (_, lag) => noise(row - lag) / 100),
      values,
      forwardReturn30: label,
      labelTimeMs: openTimeMs + 31 * MINUTE_MS,
      // Twice as far ahead: the same signal under as much noise again; unknown before a daily break.
      forwardReturn60: row % 1_000 < 970 ? label + noise(row * 7 + 5) / 2 : null,
      label60TimeMs: row % 1_000 < 970 ? openTimeMs + 61 * MINUTE_MS : null,
      lineage: [],
    }
  }
}

/** @param folder exists and is empty */
export async function writeSyntheticSpool(
  folder: string,
  options: SyntheticOptions,
): Promise<SpoolIndex> {
  const spool = await ExampleSpool.create(folder, SYNTHETIC_COLUMNS, options.horizonMinutes)
  for (const example of dealt(syntheticExamples(options), options.shuffleSeed))
    await spool.add(example, referenceTo(set))
  return spool.finish()
}

function dealt(examples: Iterable<Example>, seed: number | undefined): Iterable<Example> {
  if (seed === undefined) return examples
  const all = [...examples]
  const order = randomOrder(all.length, randomStream('labels', seed))
  return all.map((example, row) => ({
    ...example,
    forwardReturn30: all[order[row]!]!.forwardReturn30,
  }))
}
