/** The name of a prediction: `instrument@openTimeMs@model/version`; of a vector its first two parts. */
import { INSTRUMENT_NAME } from '../../streams/candle-validation.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { parseGivenTime } from '../../streams/time-text.ts'
import { CANDLE_MS } from '../../streams/topics.ts'

export interface VectorId {
  readonly instrument: string
  readonly openTimeMs: number
}

export interface PredictionId extends VectorId {
  readonly modelName: string
  readonly modelVersion: string
}

const MODEL = /^([A-Za-z0-9._-]{1,128})\/(\d{1,9}\.\d{1,9}\.\d{1,9})$/

/** @throws CandlewireError OPTION_INVALID */
export function parseVectorId(text: string): VectorId {
  const [instrument = '', time = '', ...more] = text.split('@')
  const openTimeMs = timeOf(time)
  if (more.length > 0 || !INSTRUMENT_NAME.test(instrument) || openTimeMs === undefined)
    throw invalid(text, 'a vector is named INSTRUMENT@OPENTIME, as SPX500_USD@2025-03-07T14:30Z')
  return { instrument, openTimeMs }
}

/** @throws CandlewireError OPTION_INVALID */
export function parsePredictionId(text: string): PredictionId {
  const at = text.lastIndexOf('@')
  const model = MODEL.exec(text.slice(at + 1))
  if (at < 0 || model === null)
    throw invalid(
      text,
      'a prediction is named INSTRUMENT@OPENTIME@MODEL/VERSION, as SPX500_USD@1741357800000@forward_return_30/1.0.0',
    )
  const [, modelName = '', modelVersion = ''] = model
  return { ...parseVectorId(text.slice(0, at)), modelName, modelVersion }
}

/** Milliseconds, or an ISO time (UTC unless it says otherwise), on a minute. */
function timeOf(text: string): number | undefined {
  const isCount = /^\d{1,15}$/.test(text)
  const ms = isCount ? Number(text) : parseGivenTime(text)
  return Number.isSafeInteger(ms) && ms >= 0 && ms % CANDLE_MS === 0 ? ms : undefined
}

const invalid = (text: string, how: string): CandlewireError =>
  new CandlewireError('OPTION_INVALID', `${JSON.stringify(text.slice(0, 200))}: ${how}`)
