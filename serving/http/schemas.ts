/** JSON schemas that several routes share. */
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

/** Statuses that every route may answer. */
export const failures = (...statuses: number[]): Record<number, { $ref: string }> =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: 'Error#' }]))

export const shownPredictionSchema = {
  type: 'object',
  properties: {
    predictionId: text('`instrument@openTimeMs@model/version`.'),
    instrument: text('Instrument name.'),
    eventTimeMs: integer('Close of the bar the vector is of, ms UTC.'),
    targetTimeMs: integer('Time the prediction is about, ms UTC.'),
    modelName: text('Model name.'),
    modelVersion: text('Model version.'),
    predictedReturn: number('Predicted forward return, percent.'),
    referenceClose: number('Close the return is counted from.'),
    predictedClose: number('The price the predicted return stands for.'),
    featuresMissing: integer('Model inputs that were null.'),
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
