/**
 * Just enough of the protocol buffers wire format to write an ONNX file: varints, and
 * length-delimited fields (text, bytes, packed integers, nested messages).
 *
 * Source: "Encoding" in the Protocol Buffers documentation. A message is a list of fields, so a
 * writer is a list of byte chunks; nested messages are written first and copied in with their length.
 */

const VARINT = 0
const LENGTH_DELIMITED = 2

export class ProtobufWriter {
  private readonly chunks: Uint8Array[] = []

  /** A non-negative integer, at most 2^53. */
  integer(field: number, value: number): this {
    this.chunks.push(varint(field * 8 + VARINT), varint(value))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.chunks.push(varint(field * 8 + LENGTH_DELIMITED), varint(value.length), value)
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'))
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish())
  }

  /** Packed repeated non-negative integers. */
  integers(field: number, values: ArrayLike<number>): this {
    const body: number[] = []
    for (let index = 0; index < values.length; index += 1) appendVarint(body, values[index] ?? 0)
    return this.bytes(field, Uint8Array.from(body))
  }

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks))
  }
}

function varint(value: number): Uint8Array {
  const body: number[] = []
  appendVarint(body, value)
  return Uint8Array.from(body)
}

/** Seven bits a byte, lowest first; divides instead of shifting because shifts cut at 32 bits. */
function appendVarint(body: number[], value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`Not a non-negative integer: ${value}`)
  let rest = value
  while (rest >= 128) {
    body.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  body.push(rest)
}
