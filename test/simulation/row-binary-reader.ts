/**
 * Reads ClickHouse's RowBinary: what the simulated store makes of the bytes it is sent. Written from the
 * format's description, apart from the product's writer.
 */

type Read = (from: Cursor) => unknown

class Cursor {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length)
      throw new Error('RowBinary ends in the middle of a row')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Unsigned LEB128. */
  length(): number {
    for (let value = 0, shift = 1; ; shift *= 0x80) {
      const byte = this.take(1)[0]!
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
}

const int64: Read = (from) => Number(from.take(8).readBigInt64LE())
const SCALARS: Readonly<Record<string, Read>> = {
  String: (from) => from.take(from.length()).toString('utf8'),
  Bool: (from) => from.take(1)[0] === 1,
  Int32: (from) => from.take(4).readInt32LE(),
  Int64: int64,
  UInt64: int64,
  Float64: (from) => from.take(8).readDoubleLE(),
  "DateTime64(3, 'UTC')": int64,
}

function readerOf(type: string): Read {
  const scalar = SCALARS[type]
  if (scalar !== undefined) return scalar
  const [, outer, inner = ''] = /^(Nullable|LowCardinality|Array)\((.+)\)$/.exec(type) ?? []
  const read = readerOf(inner)
  if (outer === 'Nullable') return (from) => (from.take(1)[0] === 1 ? null : read(from))
  if (outer === 'Array') return (from) => Array.from({ length: from.length() }, () => read(from))
  return read
}

export type Row = Readonly<Record<string, unknown>>

export function readRows(
  columns: readonly { readonly name: string; readonly type: string }[],
  bytes: Buffer,
): Row[] {
  const cursor = new Cursor(bytes)
  const reads = columns.map(({ name, type }) => [name, readerOf(type)] as const)
  const rows: Row[] = []
  while (cursor.at < bytes.length)
    rows.push(Object.fromEntries(reads.map(([name, read]) => [name, read(cursor)])))
  return rows
}
