/** What a page of candles becomes besides candles: the cursor behind it, and dead letters. */
import type { DeadLetter, SourceCursor } from '../../schemas/generated.ts'
import { NO_PLACE, type NewElement, type PagePlace } from '../sources/oanda/candle-page.ts'
import { CANDLE_MS, candlesTopic } from '../topics.ts'

/** What of a bad candle is kept: its dead letter must fit into a Kafka message with room to spare. */
const FAULT_BYTES_MAX = 16_384

export interface ProducedCounts {
  readonly produced: number
  readonly deadLettered: number
}

export const oandaSourceId = (instrument: string): string =>
  `${candlesTopic.name}|${instrument}|oanda`

/** The cursor names a minute and not a number of bytes; its digest is that of `PagePlace`. */
export const cursorOf = (
  instrument: string,
  place: PagePlace,
  { produced, deadLettered }: ProducedCounts,
): SourceCursor => ({
  sourceId: oandaSourceId(instrument),
  eventTimeMs: place.lastOpenMs === -Infinity ? 0 : place.lastOpenMs + CANDLE_MS,
  bytesRead: 0,
  linesRead: produced + deadLettered,
  prefixSha256: place.unplaced,
  produced,
  deadLettered,
  polling: null,
})

export const placeOf = ({ eventTimeMs, prefixSha256 }: SourceCursor): PagePlace => ({
  lastOpenMs: eventTimeMs === 0 ? NO_PLACE.lastOpenMs : eventTimeMs - CANDLE_MS,
  unplaced: prefixSha256,
})

/** @param redact takes out what must not be stored, should the server have written it back */
export function deadLetterOf(
  instrument: string,
  { openTimeMs, fault, text }: NewElement & { kind: 'fault' },
  redact: (text: string) => string,
): DeadLetter {
  return {
    sourceTopic: candlesTopic.name,
    sourcePartition: null,
    sourceOffset: null,
    sourceFile: null,
    sourceLine: null,
    eventTimeMs: openTimeMs === undefined ? 0 : openTimeMs + CANDLE_MS,
    code: fault.code,
    cause: redact(`from OANDA: ${fault.cause}`),
    schemaId: null,
    originalKey: Buffer.from(instrument),
    originalBytes: Buffer.from(redact(text)).subarray(0, FAULT_BYTES_MAX),
    conflictingBytes: null,
  }
}
