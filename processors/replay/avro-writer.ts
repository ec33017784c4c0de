/**
 * Writes Avro values one after the other into one buffer that is used again and again.
 *
 * Source: "Binary encoding" in the Apache Avro 1.11 specification: long as zigzag varint, double as 8
 * little-endian bytes, string as its length in bytes and UTF-8; in front the Confluent wire header.
 */
const HEADER_BYTES = 5
/** Room for what is not text: 150 optional doubles and a dozen longs. */
const ROOM = 4_096
/** Most bytes of a varint of 53 bits. */
const LONG_BYTES = 8

export class AvroWriter {
  private bytes: Buffer
  private view: DataView
  private used = HEADER_BYTES

  constructor(schemaId: number) {
    this.bytes = Buffer.alloc(ROOM)
    this.view = viewOf(this.bytes)
    this.bytes.writeInt32BE(schemaId, 1)
  }

  /** Forgets what was written after the header. */
  restart(): void {
    this.used = HEADER_BYTES
  }

  /** Header and values; a view that {@link restart} gives up. */
  written(): Buffer {
    return this.bytes.subarray(0, this.used)
  }

  /** The values alone; a view that {@link restart} gives up. */
  body(): Buffer {
    return this.bytes.subarray(HEADER_BYTES, this.used)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.used++] = value
  }

  /** @param value a safe integer */
  long(value: number): void {
    this.reserve(LONG_BYTES + 1)
    // Zigzag without 64-bit integers: 2n, or -2n - 1 for a negative one.
    let rest = value >= 0 ? value * 2 : -value * 2 - 1
    while (rest >= 0x80) {
      this.bytes[this.used++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.used++] = rest
  }

  double(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.used, value, true)
    this.used += 8
  }

  /** A union of null and double; NaN stands for null. */
  optionalDouble(value: number): void {
    this.reserve(9)
    if (Number.isNaN(value)) {
      this.bytes[this.used++] = 0
      return
    }
    this.bytes[this.used++] = 2
    this.view.setFloat64(this.used, value, true)
    this.used += 8
  }

  string(text: string): void {
    const length = Buffer.byteLength(text)
    this.long(length)
    this.reserve(length)
    this.used += this.bytes.write(text, this.used)
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return
    const longer = Buffer.alloc((this.used + more) * 2)
    this.bytes.copy(longer, 0, 0, this.used)
    this.bytes = longer
    this.view = viewOf(longer)
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length)
