/**
 * Lines of a byte stream with their place, in bounded memory: a line longer than the bound is cut,
 * marked, and skipped up to its end, so a file with no line ends costs a bound and not a crash.
 */
import type { Frame, Framer } from './frame.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

export interface LinePlace {
  /** Decompressed bytes before the first byte that is pushed. */
  readonly bytesRead: number
  /** Lines before it. */
  readonly linesRead: number
}

export class LineFramer implements Framer {
  private readonly lineBytesMax: number
  private offset: number
  private line: number
  /** The line that has begun and not ended, at most `lineBytesMax` bytes of it. */
  private begun: Buffer[] = []
  private begunBytes = 0

  constructor(lineBytesMax: number, from: LinePlace = { bytesRead: 0, linesRead: 0 }) {
    this.lineBytesMax = lineBytesMax
    this.offset = from.bytesRead
    this.line = from.linesRead
  }

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let from = 0
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.offset += at + 1 - from
      frames.push(this.finish(chunk.subarray(from, at)))
      from = at + 1
    }
    if (from < chunk.length) this.keep(chunk.subarray(from))
    return frames
  }

  end(): Frame[] {
    return this.begunBytes === 0 ? [] : [this.finish(Buffer.alloc(0))]
  }

  private keep(part: Buffer): void {
    this.offset += part.length
    const room = this.lineBytesMax + 1 - this.begunBytes
    if (room > 0) this.begun.push(part.subarray(0, room))
    this.begunBytes += part.length
  }

  private finish(part: Buffer): Frame {
    let bytes = this.begunBytes === 0 ? part : Buffer.concat([...this.begun, part])
    const tooLong = this.begunBytes + part.length > this.lineBytesMax
    if (this.begunBytes > 0) {
      this.begun = []
      this.begunBytes = 0
    }
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1)
    this.line += 1
    if (this.line === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3)
    return {
      bytes: tooLong ? bytes.subarray(0, this.lineBytesMax) : bytes,
      line: this.line,
      endOffset: this.offset,
      tooLong,
    }
  }
}
