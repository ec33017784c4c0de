/** JSON schemas that several routes share. */
import { DEPENDENCIES } from '../stores/dependency-watch.ts'
import { INSTRUMENT_PATTERN } from './instrument-pattern.ts'

const number = (description: string) => ({ type: 'number', description })
const integer = (description: string) => ({ type: 'integer', description })
const text = (description: string) => ({ type: 'string', description })
const nullable = (type: string, description: string) => ({ type: [type, 'null'], description })

export const fields = { number, integer, text, nullable }

export const instrumentSchema = {
  type: 'string',
  pattern: INSTRUMENT_PATTERN,
  description: 'Instrument name, for example SPX500_USD.',
}

/** Which model is meant; in queries and bodies. */
export const modelChoiceProperties = {
  model_name: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'Model name; unset: the default model.',
  },
  model_version: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'A version that is loaded here; unset: the routing decides.',
  },
}

/** Statuses that every route may answer. */
export const failures = (...statuses: number[]): Record<number, { $ref: string }> =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: 'Error#' }]))

/** What an answer misses something of; empty as long as all is well. */
export const degradedSchema = {
  type: 'array',
  items: { type: 'string', enum: [...DEPENDENCIES] },
  description: 'Stores that are away and that this answer would have needed; see docs/serving.md.',
}

/** What a prediction says beside its number; see docs/serving.md. */
export const qualitySchemas = {
  probability: nullable('number', 'Probability that the return is above 0.'),
  confidence: nullable('number', 'Probability of the predicted direction.'),
  signalStrength: nullable('number', 'Direction and strength, -1 to 1; 0 where it abstains.'),
  intervalLow: nullable('number', 'Lower end of the interval, percent.'),
  intervalHigh: nullable('number', 'Upper end of the interval, percent.'),
  abstainReason: nullable('string', 'Why nobody should act on it; null if nothing speaks against.'),
}

export const shownPredictionSchema = {
  type: 'object',
  properties: {
    predictionId: text('`instrument@openTimeMs@model/version`.'),
    instrument: text('Instrument name.'),
    eventTimeMs: integer('Close of the bar the vector is of, ms UTC.'),
    targetTimeMs: integer('Time the prediction is about, ms UTC.'),
    modelName: text('Model name.'),
    modelVersion: text('Model version.'),
    role: text('champion, challenger or shadow.'),
    objective: text('regression or classification.'),
    isAnswer: { type: 'boolean', description: 'Whether the routing answered with it.' },
    predictedReturn: number('Predicted forward return, percent; 0 of a classification.'),
    referenceClose: number('Close the return is counted from.'),
    predictedClose: number('The price the predicted return stands for.'),
    featuresMissing: integer('Model inputs that were null.'),
    ...qualitySchemas,
    featureAgeMs: nullable('integer', 'Age of the newest original candle, ms of event time.'),
    outcome: {
      type: 'string',
      enum: ['waiting', 'realized', 'absent', 'unknown'],
      description:
        'Whether the outcome is known; absent: the session ended before; unknown: older than what the server remembers.',
    },
    realizedReturn: nullable('number', 'What came, percent; null unless realized.'),
    partition: integer('Partition in predictions.v1.'),
    offset: integer('Offset in predictions.v1.'),
  },
}
