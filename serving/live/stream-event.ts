/** What the streams carry. Every event names its type; times are ms UTC, returns are percent. */
import type { ShownPrediction } from './shown-prediction.ts'

export interface PredictionEvent extends ShownPrediction {
  readonly type: 'prediction'
}

export interface OutcomeEvent {
  readonly type: 'outcome'
  readonly predictionId: string
  readonly instrument: string
  readonly modelName: string
  readonly modelVersion: string
  readonly targetTimeMs: number
  readonly role: string
  readonly predictedReturn: number
  /** That the return is above 0; null if the model does not say. */
  readonly probability: number | null
  readonly realizedReturn: number
}

export interface PriceEvent {
  readonly type: 'price'
  readonly instrument: string
  readonly eventTimeMs: number
  readonly close: number
}

/** Given a role, left without one, refused by verification, or its thread died. */
export type ModelChange = 'live' | 'ended' | 'refused' | 'died'

export interface ModelEvent {
  readonly type: 'model'
  readonly change: ModelChange
  readonly modelName: string
  readonly modelVersion: string
  readonly algorithm: string
  /** Of `live` and `ended`; null of the others. */
  readonly role: string | null
  readonly reason: string
}

export type StreamEvent = PredictionEvent | OutcomeEvent | PriceEvent | ModelEvent

export const EVENT_TYPES = ['prediction', 'outcome', 'price', 'model'] as const
export type EventType = (typeof EVENT_TYPES)[number]
