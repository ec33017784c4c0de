import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtobufWriter } from './protobuf-writer.ts'

/** An independent reader of what the writer can write, on BigInt. */
function readVarint(bytes: Uint8Array, at: number): { value: bigint; next: number } {
  let value = 0n
  for (let index = at, shift = 0n; ; index += 1, shift += 7n) {
    const byte = bytes[index] ?? 0
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return { value, next: index + 1 }
  }
}

const anyCount = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat())

describe('ProtobufWriter', () => {
  // SOURCE: the examples 150 = 08 96 01, "testing" = 12 07 ..., packed [3, 270, 86942] of
  // https://protobuf.dev/programming-guides/encoding/
  it('writes the examples of the specification', () => {
    expect([...new ProtobufWriter().integer(1, 150).finish()]).toEqual([0x08, 0x96, 0x01])
    expect(Buffer.from(new ProtobufWriter().text(2, 'testing').finish()).toString('hex')).toBe(
      '120774657374696e67',
    )
    expect([
      ...new ProtobufWriter().message(3, new ProtobufWriter().integer(1, 150)).finish(),
    ]).toEqual([0x1a, 3, 0x08, 0x96, 0x01])
    expect(
      Buffer.from(new ProtobufWriter().integers(6, [3, 270, 86942]).finish()).toString('hex'),
    ).toBe('3206038e029ea705')
  })

  it('writes every safe integer so that it reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), anyCount, (field, value) => {
        const bytes = new ProtobufWriter().integer(field, value).finish()
        const tag = readVarint(bytes, 0)
        expect(tag.value).toBe(BigInt(field) << 3n)
        expect(readVarint(bytes, tag.next)).toEqual({ value: BigInt(value), next: bytes.length })
      }),
    )
  })

  it('writes packed integers whose length matches and which read back in order', () => {
    fc.assert(
      fc.property(fc.array(anyCount, { maxLength: 300 }), (values) => {
        const bytes = new ProtobufWriter().integers(8, values).finish()
        const length = readVarint(bytes, 1)
        expect(Number(length.value)).toBe(bytes.length - length.next)
        const read: number[] = []
        for (let at = length.next; at < bytes.length;) {
          const { value, next } = readVarint(bytes, at)
          read.push(Number(value))
          at = next
        }
        expect(read).toEqual(values)
      }),
    )
  })

  it('refuses what it cannot write', () => {
    expect(() => new ProtobufWriter().integer(1, -1)).toThrow(RangeError)
    expect(() => new ProtobufWriter().integer(1, 0.5)).toThrow(RangeError)
  })
})
