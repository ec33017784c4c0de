/**
 * The rows of an input in batches, each row with its place.
 *
 * bytes -> frames (lines or JSON elements) -> records (CSV records may span lines) -> rows.
 * Memory is bounded: one chunk, one batch, and one record at its bound. Input that breaks off (a cut
 * gzip file) delivers its whole rows first and throws then.
 */
import { JsonArrayFramer } from './json-array-framer.ts'
import type { Layout } from './layout.ts'
import { LineFramer, type LinePlace } from './line-framer.ts'
import { RowAssembler, type SourceRow } from './row-assembler.ts'

/** 1,000 candles are about 60 KB of text and one Kafka send. */
const BATCH_ROWS = 1_000

export const FILE_START: LinePlace = { bytesRead: 0, linesRead: 0 }

/** @param insideLine whether `from` lies behind a last line that had no line end */
export async function* readRows<Value>(
  bytes: AsyncIterable<Buffer>,
  layout: Layout<Value>,
  from: LinePlace = FILE_START,
  insideLine = false,
): AsyncGenerator<SourceRow<Value>[]> {
  const framer =
    layout.framing === 'elements'
      ? new JsonArrayFramer(layout.rowBytesMax, from)
      : new LineFramer(
          layout.rowBytesMax,
          insideLine ? { ...from, linesRead: from.linesRead - 1 } : from,
        )
  const rows = new RowAssembler(
    layout,
    from.bytesRead === 0 ? 'file' : insideLine ? 'inside-line' : 'line',
  )
  let broken: { thrown: unknown } | undefined
  const chunks = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await chunks.next().catch((thrown: unknown) => {
        broken = { thrown }
        return undefined
      })
      if (next === undefined || next.done === true) break
      rows.add(framer.push(next.value))
      const batch = rows.take(BATCH_ROWS)
      if (batch.length > 0) yield batch
    }
    if (broken === undefined) {
      rows.add(framer.end())
      rows.end()
    }
    const last = rows.take(1)
    if (last.length > 0) yield last
    if (broken !== undefined) throw broken.thrown
  } finally {
    await chunks.return?.()
  }
}
