/** How good the predictions of each model version were so far, beside the zero-return forecast. */
export interface VersionQuality {
  readonly modelName: string
  readonly modelVersion: string
  /** Predictions whose outcome came. */
  readonly outcomes: number
  /** Root mean square error, percent return. */
  readonly rmse: number
  /** The same of always predicting 0, on the same bars. */
  readonly zeroRmse: number
  /** Share of non-zero outcomes whose sign was predicted, 0 to 1; null without any. */
  readonly directionalAccuracy: number | null
}

interface Sums {
  readonly modelName: string
  readonly modelVersion: string
  outcomes: number
  squaredErrors: number
  squaredReturns: number
  moves: number
  hits: number
}

/** Versions kept; the longest unused one is forgotten. */
const VERSIONS_MAX = 20

export class LiveQuality {
  private readonly byVersion = new Map<string, Sums>()

  add(
    model: { modelName: string; modelVersion: string },
    predicted: number,
    realized: number,
  ): void {
    const sums = this.sumsOf(model.modelName, model.modelVersion)
    sums.outcomes += 1
    sums.squaredErrors += (predicted - realized) ** 2
    sums.squaredReturns += realized ** 2
    if (realized !== 0) {
      sums.moves += 1
      if (Math.sign(predicted) === Math.sign(realized)) sums.hits += 1
    }
  }

  /** Newest version first. */
  list(): VersionQuality[] {
    return [...this.byVersion.values()].reverse().map((sums) => ({
      modelName: sums.modelName,
      modelVersion: sums.modelVersion,
      outcomes: sums.outcomes,
      rmse: Math.sqrt(sums.squaredErrors / sums.outcomes),
      zeroRmse: Math.sqrt(sums.squaredReturns / sums.outcomes),
      directionalAccuracy: sums.moves === 0 ? null : sums.hits / sums.moves,
    }))
  }

  private sumsOf(modelName: string, modelVersion: string): Sums {
    const key = `${modelName}/${modelVersion}`
    const sums = this.byVersion.get(key) ?? {
      modelName,
      modelVersion,
      outcomes: 0,
      squaredErrors: 0,
      squaredReturns: 0,
      moves: 0,
      hits: 0,
    }
    // Taken out and put back: the order of a Map is then the order of the last use.
    this.byVersion.delete(key)
    this.byVersion.set(key, sums)
    const [oldest] = this.byVersion.keys()
    if (this.byVersion.size > VERSIONS_MAX && oldest !== undefined) this.byVersion.delete(oldest)
    return sums
  }
}
