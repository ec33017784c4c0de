/**
 * The dead letter of a candle that the grid cannot take, with the candle it conflicts with.
 */
import type { Candle } from '../../schemas/generated.ts'
import type { ErrorCode } from '../../streams/errors.ts'
import { CANDLE_MS, deadLettersTopic } from '../../streams/topics.ts'
import { boundedBytes } from '../runtime/bounded-bytes.ts'
import { out, type Incoming, type Outgoing } from '../runtime/processor.ts'
import { readableJson } from '../runtime/readable-json.ts'

const NO_KEY = Buffer.alloc(0)

export function refusedCandle(
  { topic, partition, offset, value, key }: Incoming<Candle>,
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
    originalKey: boundedBytes(key === undefined ? Buffer.from(instrument) : (key ?? NO_KEY)),
    originalBytes: boundedBytes(readableJson(value)),
    conflictingBytes:
      conflicting === undefined ? null : readableJson({ instrument, ...conflicting }),
  })
}
