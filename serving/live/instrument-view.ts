/**
 * What the server remembers of one instrument: closes, newest predictions, and which of them still
 * wait for the bar they are about. All of it is bounded and rebuilt from the topics at a start.
 *
 * Vectors and predictions come from two topics, in any relative order. An outcome exists as soon as
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
const PREDICTIONS_MAX = 1_000
const WAITING_MAX = 10_000

export class InstrumentView {
  readonly closes = new CloseHistory(CLOSES_MAX)
  private readonly predictions: FollowedPrediction[] = []
  private waiting: FollowedPrediction[] = []

  /** @returns the predictions whose outcome this bar decided. */
  addVector(vector: Pick<Features, 'eventTimeMs' | 'close'>): FollowedPrediction[] {
    this.closes.add(vector.eventTimeMs, vector.close)
    return this.settle()
  }

  /** @returns the predictions that are decided now. */
  addPrediction(followed: FollowedPrediction): FollowedPrediction[] {
    this.predictions.push(followed)
    if (this.predictions.length > 2 * PREDICTIONS_MAX) this.predictions.splice(0, PREDICTIONS_MAX)
    this.waiting.push(followed)
    if (this.waiting.length > WAITING_MAX) {
      for (const lost of this.waiting.splice(0, WAITING_MAX / 2)) lost.status = 'unknown'
    }
    return this.settle()
  }

  /** Newest first. */
  newestPredictions(limit: number): FollowedPrediction[] {
    return this.predictions.slice(-Math.min(limit, PREDICTIONS_MAX)).reverse()
  }

  /** Predictions come in the order of their targets, so only the front of the queue can be due. */
  private settle(): FollowedPrediction[] {
    const newest = this.closes.newestMs
    if (newest === undefined) return []
    let due = 0
    for (const followed of this.waiting) {
      if (followed.prediction.targetTimeMs > newest) break
      this.decide(followed)
      due += 1
    }
    return due === 0 ? [] : this.waiting.splice(0, due)
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
