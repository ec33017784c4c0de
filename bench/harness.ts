/**
 * One harness for all benchmarks: each measure is taken several times in one run, after a warm-up,
 * and reported as minimum, median and maximum. A peer measured in the same run is named `peer:...`.
 */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly median: number
  readonly max: number
}

export interface Benchmark {
  readonly name: string
  /** One line for the listing. */
  readonly about: string
  readonly run: (bench: Harness) => Promise<void>
}

export class Harness {
  readonly measures: Measure[] = []
  /** Size of a sample, for benchmarks that have one. */
  readonly rows: number
  /** Model versions that follow one another. */
  readonly swaps: number
  /** Services compiled, as they run in production, and not from source. */
  readonly isBuilt: boolean
  /** Python interpreter for peers that need one. */
  readonly python: string | undefined
  private readonly repeats: number
  private readonly show: (line: string) => void

  /** @param options.repeats at least 3 */
  constructor(options: {
    repeats: number
    rows: number
    swaps: number
    isBuilt: boolean
    python?: string | undefined
    show: (line: string) => void
  }) {
    if (options.repeats < 3) throw new RangeError('A benchmark takes at least 3 repeats')
    this.repeats = options.repeats
    this.rows = options.rows
    this.swaps = options.swaps
    this.isBuilt = options.isBuilt
    this.python = options.python
    this.show = options.show
  }

  /** Says what is going on; not part of the result. */
  note(line: string): void {
    this.show(line)
  }

  /** Repeats `sample`, which returns one value in `unit`, after one unrecorded warm-up. */
  async repeat(name: string, unit: string, sample: () => Promise<number> | number): Promise<void> {
    await sample()
    const values: number[] = []
    for (let index = 0; index < this.repeats; index += 1) values.push(await sample())
    this.record(name, unit, values)
  }

  /** Repeats a sample that gives several values at once, by name and unit. */
  async repeatAll(
    units: Readonly<Record<string, string>>,
    sample: () => Promise<Record<string, number>>,
  ): Promise<void> {
    await sample()
    const values = new Map<string, number[]>()
    for (let index = 0; index < this.repeats; index += 1) {
      for (const [name, value] of Object.entries(await sample()))
        values.set(name, [...(values.get(name) ?? []), value])
    }
    for (const [name, unit] of Object.entries(units))
      this.record(name, unit, values.get(name) ?? [])
  }

  /** Of samples that were taken elsewhere. */
  record(name: string, unit: string, values: readonly number[]): Measure {
    const sorted = [...values].sort((a, b) => a - b)
    const at = (index: number): number => sorted[index] ?? NaN
    const middle = (sorted.length - 1) / 2
    const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2
    const measure = { name, unit, min: at(0), median, max: at(sorted.length - 1) }
    this.measures.push(measure)
    this.show(lineOf(measure))
    return measure
  }
}

export const lineOf = ({ name, unit, min, median, max }: Measure): string =>
  `${name.padEnd(34)} ${[min, median, max].map((value) => format(value).padStart(12)).join('')}  ${unit}`

const format = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(4)
