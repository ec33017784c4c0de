/**
 * Frames to rows: skips the header and blank lines, joins the lines of a quoted CSV field, parses.
 *
 * A quote that never closes must not swallow good lines: when a joined record turns out not to be
 * one, only its first line is at fault and the lines after it are read again on their own.
 */
import { isUtf8 } from 'node:buffer'
import type { Frame } from './frame.ts'
import { fault, type Layout, type RowFault, type RowResult } from './layout.ts'
import type { LinePlace } from './line-framer.ts'

/** A body of more lines than this does not belong into one CSV field. */
const RECORD_LINES_MAX = 100
/** What of a bad row is kept: its dead letter must fit into a Kafka message with room to spare. */
const FAULT_BYTES_MAX = 16_384

interface Placed {
  /** Line it begins on (in a JSON document: which element it is). */
  readonly line: number
  /** Lines and decompressed bytes of the file up to its end. */
  readonly place: LinePlace
}
export type SourceRow<Value> =
  | (Placed & { readonly kind: 'value'; readonly value: Value })
  | (Placed & { readonly kind: 'fault'; readonly fault: RowFault; readonly bytes: Buffer })
  | (Placed & { readonly kind: 'skip' })

export class RowAssembler<Value> {
  private readonly layout: Layout<Value>
  private headerExpected: boolean
  private tailExpected: boolean
  /** Frames of a record that goes on; empty for layouts whose records are single lines. */
  private open: Frame[] = []
  private rows: SourceRow<Value>[] = []

  /** @param begin whether the first frame is the file's first, or the rest of a line already read */
  constructor(layout: Layout<Value>, begin: 'file' | 'line' | 'inside-line') {
    this.layout = layout
    this.headerExpected = begin === 'file' && layout.hasHeader
    this.tailExpected = begin === 'inside-line'
  }

  add(frames: readonly Frame[]): void {
    for (const frame of frames) this.frame(frame)
  }

  /** The file has ended: what is open will not go on. */
  end(): void {
    while (this.open.length > 0) this.giveUpFirst()
  }

  /** Hands over the rows so far, at least `least` or none. */
  take(least: number): SourceRow<Value>[] {
    if (this.rows.length < least) return []
    const taken = this.rows
    this.rows = []
    return taken
  }

  private frame(frame: Frame): void {
    if (this.open.length > 0) {
      this.open.push(frame)
      this.joined()
      return
    }
    const isTail = this.tailExpected
    this.tailExpected = false
    if (frame.tooLong)
      return this.emit(
        [frame],
        fault('ROW_UNREADABLE', `longer than ${this.layout.rowBytesMax} bytes`),
      )
    if (!isUtf8(frame.bytes)) return this.emit([frame], fault('ROW_UNREADABLE', 'not UTF-8'))
    const text = frame.bytes.toString('utf8')
    if (text.trim() === '') return
    if (isTail)
      return this.emit(
        [frame],
        fault('ROW_UNREADABLE', 'continues a line that was already read when it was the last one'),
      )
    if (this.headerExpected) {
      this.headerExpected = false
      return
    }
    if (this.layout.continues?.(text) === true) this.open = [frame]
    else this.emit([frame], this.layout.parse(text, frame.line))
  }

  private joined(): void {
    const frames = this.open
    const bytes = Buffer.concat(
      frames.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [Buffer.from('\n'), bytes])),
    )
    const [first] = frames
    const isBroken =
      bytes.length > this.layout.rowBytesMax || frames.length > RECORD_LINES_MAX || !isUtf8(bytes)
    if (first === undefined || isBroken) return this.giveUpFirst()
    const text = bytes.toString('utf8')
    if (this.layout.continues?.(text) === true) return
    const result = this.layout.parse(text, first.line)
    if (result.kind === 'fault' && result.fault.code === 'ROW_UNREADABLE') return this.giveUpFirst()
    this.open = []
    this.emit(frames, result)
  }

  private giveUpFirst(): void {
    const [first, ...later] = this.open
    this.open = []
    if (first !== undefined) this.emit([first], fault('ROW_UNREADABLE', 'quotes do not match'))
    this.add(later)
  }

  private emit(frames: readonly Frame[], result: RowResult<Value>): void {
    const [first, last] = [frames[0], frames.at(-1)]
    if (first === undefined || last === undefined) return
    const line = first.line
    const place = { bytesRead: last.endOffset, linesRead: last.line }
    if (result.kind === 'fault')
      this.rows.push({ ...result, line, place, bytes: first.bytes.subarray(0, FAULT_BYTES_MAX) })
    else if (result.kind === 'skip') this.rows.push({ kind: 'skip', line, place })
    else this.rows.push({ kind: 'value', line, place, value: result.value })
  }
}
