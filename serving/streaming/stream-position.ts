/**
 * Where a client stands: of every source and partition the offset it needs next. Written as one word,
 * the id of every event; it is about the whole stream, whatever a client is subscribed to, and means
 * the same on every server.
 *
 * `1-c.7k.0-p.3.a1`: version; then for each source its letter and, by partition, the offsets in base
 * 36. What is left out (a source, later partitions) is not known to the client.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { STREAM_SOURCES } from './stream-source.ts'

/** By source and partition. */
export type StreamPosition = number[][]

const VERSION = '1'
const BASE = 36
/** A dozen digits each for 100 partitions of every source. */
export const POSITION_LENGTH_MAX = 8_192
const PATTERN = /^1(-[a-z](\.[0-9a-z]{1,11})*)*$/

export const emptyPosition = (): StreamPosition => STREAM_SOURCES.map(() => [])

export const copyPosition = (position: StreamPosition): StreamPosition =>
  position.map((offsets) => [...offsets])

export function encodePosition(position: StreamPosition): string {
  let text = VERSION
  for (const [source, { letter }] of STREAM_SOURCES.entries()) {
    const offsets = position[source] ?? []
    if (offsets.length === 0) continue
    text += `-${letter}`
    for (let partition = 0; partition < offsets.length; partition += 1)
      text += `.${(offsets[partition] ?? 0).toString(BASE)}`
  }
  return text
}

/** @throws CandlewireError REQUEST_INVALID */
export function decodePosition(text: string): StreamPosition {
  if (text.length > POSITION_LENGTH_MAX || !PATTERN.test(text)) throw invalid()
  const position = emptyPosition()
  for (const group of text.split('-').slice(1)) {
    const [letter, ...offsets] = group.split('.')
    const source = STREAM_SOURCES.findIndex((each) => each.letter === letter)
    // A later version of this program may know more sources.
    if (source < 0) continue
    const numbers = offsets.map((offset) => Number.parseInt(offset, BASE))
    if (!numbers.every(Number.isSafeInteger)) throw invalid()
    position[source] = numbers
  }
  return position
}

const invalid = (): CandlewireError =>
  new CandlewireError(
    'REQUEST_INVALID',
    'The position is none of this stream: give the id of the last event unchanged, or none',
  )
