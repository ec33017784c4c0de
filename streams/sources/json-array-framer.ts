/**
 * The objects of the `"candles": [...]` or `"articles": [...]` array of a JSON document (or of a document
 * that is an array), one frame each, without ever holding the document: a month of candles may be one
 * line of 20 MB.
 *
 * Not a JSON parser: it only follows brackets and strings to find where an element begins and ends;
 * each element is parsed on its own, so one broken element does not take the rest with it. Several
 * documents one after another are read as one. Elements are counted instead of lines.
 */
import type { Frame, Framer } from './frame.ts'
import type { LinePlace } from './line-framer.ts'

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON] = [
  34, 92, 123, 125, 91, 93, 58,
]
const ARRAY_KEYS: ReadonlySet<string> = new Set(['candles', 'articles'])
const KEY_LENGTH_MAX = 8

export class JsonArrayFramer implements Framer {
  private readonly elementBytesMax: number
  private offset: number
  private elements: number
  /** Brackets open around the current byte, outside the array of elements. */
  private outerDepth = 0
  /** Brackets open inside the current element; 0 between elements. */
  private depth = 0
  private inArray: boolean
  private inString = false
  private escaped = false
  /** Text of the string read last outside the array, at most as long as the keys looked for. */
  private lastString = ''
  private keySeen = false
  private begun: Buffer[] = []
  private begunBytes = 0

  /** A place other than the beginning is one after an element, so inside the array. */
  constructor(elementBytesMax: number, from: LinePlace = { bytesRead: 0, linesRead: 0 }) {
    this.elementBytesMax = elementBytesMax
    this.offset = from.bytesRead
    this.elements = from.linesRead
    this.inArray = from.bytesRead > 0
  }

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number
      if (this.inString) this.stringByte(byte)
      else if (byte === QUOTE) this.openString()
      else if (!this.inArray) this.outsideByte(byte)
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (this.depth === 0) from = at
        this.depth += 1
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.depth === 0) this.leaveArray()
        else if (--this.depth === 0)
          frames.push(this.finish(chunk.subarray(from, at + 1), this.offset + at + 1))
      }
    }
    if (this.depth > 0) this.keep(chunk.subarray(from))
    this.offset += chunk.length
    return frames
  }

  /** An element that never ended is one frame; it cannot be parsed and says so there. */
  end(): Frame[] {
    return this.depth > 0 ? [this.finish(Buffer.alloc(0), this.offset)] : []
  }

  private openString(): void {
    this.inString = true
    this.lastString = ''
  }

  private stringByte(byte: number): void {
    if (this.escaped) this.escaped = false
    else if (byte === BACKSLASH) this.escaped = true
    else if (byte === QUOTE) this.inString = false
    else if (!this.inArray && this.lastString.length <= KEY_LENGTH_MAX)
      this.lastString += String.fromCharCode(byte)
  }

  /** `"candles" : [` or `"articles" : [` opens the array, and so does a `[` around everything. */
  private outsideByte(byte: number): void {
    if (byte === COLON) this.keySeen = ARRAY_KEYS.has(this.lastString)
    else if (byte === OPEN_BRACKET && (this.keySeen || this.outerDepth === 0)) this.inArray = true
    else if (byte > 32) {
      this.keySeen = false
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.outerDepth += 1
      if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)
        this.outerDepth = Math.max(0, this.outerDepth - 1)
    }
  }

  private leaveArray(): void {
    this.inArray = false
    this.keySeen = false
  }

  private keep(part: Buffer): void {
    const room = this.elementBytesMax + 1 - this.begunBytes
    if (room > 0) this.begun.push(part.subarray(0, room))
    this.begunBytes += part.length
  }

  private finish(part: Buffer, endOffset: number): Frame {
    const bytes = this.begunBytes === 0 ? part : Buffer.concat([...this.begun, part])
    const tooLong = this.begunBytes + part.length > this.elementBytesMax
    this.begun = []
    this.begunBytes = 0
    this.depth = 0
    this.elements += 1
    return {
      bytes: tooLong ? bytes.subarray(0, this.elementBytesMax) : bytes,
      line: this.elements,
      endOffset,
      tooLong,
    }
  }
}
