/** Two versions of a model on the same bars of the same instruments, so that neither had the easier ones. */

/** What one bar cost a version. */
export interface KnownSquare {
  /** When its outcome was known, ms: the same for every version that predicted the bar. */
  readonly knownAtMs: number
  /** Of a return: percent squared; of a probability: 0 to 1. */
  readonly squared: number
}

/** Of two versions: RMSE in percent return, or mean squares. */
export interface PairedErrors {
  readonly outcomes: number
  readonly own: number
  readonly champion: number
}

interface Versions {
  readonly modelName: string
  readonly version: string
  readonly champion: string
}

/**
 * Means of the squares over the bars that both have outcomes of.
 * @param keys as `name/version instrument`.
 * @returns undefined without any.
 */
export function pairedMeans(
  { modelName, version, champion }: Versions,
  keys: Iterable<string>,
  squaresOf: (key: string) => readonly KnownSquare[] | undefined,
): PairedErrors | undefined {
  let [outcomes, own, other] = [0, 0, 0]
  const prefix = `${modelName}/${version} `
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const instrument = key.slice(prefix.length)
    const beside = squaresOf(`${modelName}/${champion} ${instrument}`) ?? []
    const byTime = new Map(beside.map(({ knownAtMs, squared }) => [knownAtMs, squared]))
    for (const { knownAtMs, squared } of squaresOf(key) ?? []) {
      const theirs = byTime.get(knownAtMs)
      if (theirs === undefined) continue
      outcomes += 1
      own += squared
      other += theirs
    }
  }
  if (outcomes === 0) return undefined
  return { outcomes, own: own / outcomes, champion: other / outcomes }
}
