/** How good the predictions of each model version were so far, beside the zero-return forecast. */
import type { Prediction } from '../../schemas/generated.ts'

export interface VersionQuality {
  readonly modelName: string
  readonly modelVersion: string
  /** Predictions whose outcome came. */
  readonly outcomes: number
  readonly objective: string
  /** Root mean square error, percent return; null of a classification. */
  readonly rmse: number | null
  /** The same of always predicting 0, on the same bars. */
  readonly zeroRmse: number
  /** Share of non-zero outcomes whose sign was predicted, 0 to 1; null without any. */
  readonly directionalAccuracy: number | null
  /** Mean squared error of the probability of a move up, 0 to 1; null of a regression. */
  readonly brier: number | null
}

type QualityInput = Pick<
  Prediction,
  'modelName' | 'modelVersion' | 'objective' | 'predictedReturn' | 'probability'
>

const CLASSIFICATION = 'classification'

interface Sums {
  readonly modelName: string
  readonly modelVersion: string
  readonly objective: string
  outcomes: number
  squaredErrors: number
  squaredMisses: number
  squaredReturns: number
  moves: number
  hits: number
}

/** Versions kept; the longest unused one is forgotten. */
const VERSIONS_MAX = 40

export class LiveQuality {
  private readonly byVersion = new Map<string, Sums>()

  /** @param realized percent. */
  add(prediction: QualityInput, realized: number): void {
    const { predictedReturn, probability } = prediction
    const sums = this.sumsOf(prediction)
    sums.outcomes += 1
    sums.squaredErrors += (predictedReturn - realized) ** 2
    sums.squaredReturns += realized ** 2
    if (probability !== null) sums.squaredMisses += (probability - Number(realized > 0)) ** 2
    if (realized !== 0) {
      sums.moves += 1
      const lean = sums.objective === CLASSIFICATION ? (probability ?? 0.5) - 0.5 : predictedReturn
      if (Math.sign(lean) === Math.sign(realized)) sums.hits += 1
    }
  }

  /** Newest version first. */
  list(): VersionQuality[] {
    return [...this.byVersion.values()].reverse().map((sums) => ({
      modelName: sums.modelName,
      modelVersion: sums.modelVersion,
      objective: sums.objective,
      outcomes: sums.outcomes,
      rmse:
        sums.objective === CLASSIFICATION ? null : Math.sqrt(sums.squaredErrors / sums.outcomes),
      zeroRmse: Math.sqrt(sums.squaredReturns / sums.outcomes),
      directionalAccuracy: sums.moves === 0 ? null : sums.hits / sums.moves,
      brier: sums.objective === CLASSIFICATION ? sums.squaredMisses / sums.outcomes : null,
    }))
  }

  private sumsOf({ modelName, modelVersion, objective }: QualityInput): Sums {
    const key = `${modelName}/${modelVersion}`
    const sums = this.byVersion.get(key) ?? {
      modelName,
      modelVersion,
      objective,
      outcomes: 0,
      squaredErrors: 0,
      squaredMisses: 0,
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
