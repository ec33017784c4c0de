/**
 * What the server remembers of one instrument: closes, newest predictions, and which of them still
 * wait for the bar they are about. All of it is bounded and rebuilt from the topics at a start.
 *
 * Predictions are kept by model name: those of one name come in the order of their targets, those of
 * different horizons do not. Vectors and predictions come from two topics, in any relative order. An outcome exists as soon as
 * both are here; a prediction whose target time has passed without a bar (the session ended) has
 * none, as its example has no label.
 */
import type { Features, Prediction } from '../../schemas/generated.ts'
import { CloseHistory } from './close-history.ts'

/**
 * - waiting: its target time has not come;
 * - realized: the return is known;
 * - absent: there is no bar at the target time;
 * - unknown: the bar lies before what this server remembers.
 */
export type OutcomeStatus = 'waiting' | 'realized' | 'absent' | 'unknown'

export interface FollowedPrediction {
  readonly prediction: Prediction
  /** Where it lies in predictions.v1. */
  readonly partition: number
  readonly offset: number
  status: OutcomeStatus
  /** Percent; set when realized. */
  realizedReturn: number | null
}

/** A month of minutes: how far scoring may be behind the features and still get its outcomes. */
const CLOSES_MAX = 50_000
/** Of one model name: those of three roles for 1,000 bars. */
const PREDICTIONS_MAX = 3_000
const WAITING_MAX = 10_000
/** Model names kept; the one longest without a prediction is forgotten. */
const MODELS_MAX = 8

interface ModelTrack {
  readonly predictions: FollowedPrediction[]
  waiting: FollowedPrediction[]
}

export class InstrumentView {
  readonly closes = new CloseHistory(CLOSES_MAX)
  private readonly tracks = new Map<string, ModelTrack>()

  /** @returns the predictions whose outcome this bar decided. */
  addVector(vector: Pick<Features, 'eventTimeMs' | 'close'>): FollowedPrediction[] {
    this.closes.add(vector.eventTimeMs, vector.close)
    return [...this.tracks.values()].flatMap((track) => this.settle(track))
  }

  /** @returns the predictions that are decided now. */
  addPrediction(followed: FollowedPrediction): FollowedPrediction[] {
    const track = this.trackOf(followed.prediction.modelName)
    track.predictions.push(followed)
    if (track.predictions.length > 2 * PREDICTIONS_MAX) track.predictions.splice(0, PREDICTIONS_MAX)
    track.waiting.push(followed)
    if (track.waiting.length > WAITING_MAX) {
      for (const lost of track.waiting.splice(0, WAITING_MAX / 2)) lost.status = 'unknown'
    }
    return this.settle(track)
  }

  /** Newest first, of one model name or of all. */
  newestPredictions(limit: number, modelName?: string): FollowedPrediction[] {
    const most = Math.min(limit, PREDICTIONS_MAX)
    if (modelName !== undefined)
      return (this.tracks.get(modelName)?.predictions ?? []).slice(-most).reverse()
    return [...this.tracks.values()]
      .flatMap(({ predictions }) => predictions.slice(-most).reverse())
      .sort((a, b) => b.prediction.eventTimeMs - a.prediction.eventTimeMs)
      .slice(0, most)
  }

  /** Newest first: what the routing answered with, a champion's or a shadow's. */
  newestAnswers(limit: number, modelName: string): FollowedPrediction[] {
    const newest: FollowedPrediction[] = []
    const predictions = this.tracks.get(modelName)?.predictions ?? []
    for (let at = predictions.length - 1; at >= 0 && newest.length < limit; at -= 1) {
      const followed = predictions[at]
      if (followed?.prediction.isAnswer === true) newest.push(followed)
    }
    return newest
  }

  private trackOf(modelName: string): ModelTrack {
    const track = this.tracks.get(modelName) ?? { predictions: [], waiting: [] }
    this.tracks.delete(modelName)
    this.tracks.set(modelName, track)
    const [oldest] = this.tracks.keys()
    if (this.tracks.size > MODELS_MAX && oldest !== undefined) this.tracks.delete(oldest)
    return track
  }

  /** Predictions of a name come in the order of their targets: only the front of its queue can be due. */
  private settle(track: ModelTrack): FollowedPrediction[] {
    const newest = this.closes.newestMs
    if (newest === undefined) return []
    let due = 0
    for (const followed of track.waiting) {
      if (followed.prediction.targetTimeMs > newest) break
      this.decide(followed)
      due += 1
    }
    return due === 0 ? [] : track.waiting.splice(0, due)
  }

  private decide(followed: FollowedPrediction): void {
    const { targetTimeMs, referenceClose } = followed.prediction
    const close = this.closes.at(targetTimeMs)
    if (close !== undefined) {
      followed.status = 'realized'
      followed.realizedReturn = 100 * (close / referenceClose - 1)
    } else {
      const oldest = this.closes.oldestMs ?? Infinity
      followed.status = targetTimeMs < oldest ? 'unknown' : 'absent'
    }
  }
}
