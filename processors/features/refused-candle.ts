/**
 * The dead letter of a candle that the grid cannot take, with the candle it conflicts with.
 *
 * Candles stand in it as JSON: a step sees values, not bytes, and a person has to read them. The same
 * candle gives the same bytes.
 */
import type { Candle } from '../../schemas/generated.ts'
import type { ErrorCode } from '../../streams/errors.ts'
import { CANDLE_MS, deadLettersTopic } from '../../streams/topics.ts'
import { out, type Incoming, type Outgoing } from '../runtime/processor.ts'

export function refusedCandle(
  { topic, partition, offset, value }: Incoming<Candle>,
  code: ErrorCode,
  cause: string,
  conflicting?: Readonly<Record<string, number | null>>,
): Outgoing {
  const { instrument, openTimeMs } = value
  return out(deadLettersTopic, {
    sourceTopic: topic,
    sourcePartition: partition,
    sourceOffset: offset,
    sourceFile: null,
    sourceLine: value.sourceLine,
    eventTimeMs: Number.isSafeInteger(openTimeMs) ? openTimeMs + CANDLE_MS : 0,
    code,
    cause,
    schemaId: null,
    originalKey: Buffer.from(instrument),
    originalBytes: json(value),
    conflictingBytes: conflicting === undefined ? null : json({ instrument, ...conflicting }),
  })
}

/** JSON that keeps what JSON has no word for: NaN and the infinities become strings. */
const json = (value: object): Buffer =>
  Buffer.from(
    JSON.stringify(value, (_key, field: unknown) =>
      typeof field === 'number' && !Number.isFinite(field) ? String(field) : field,
    ),
  )
