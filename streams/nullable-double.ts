/**
 * The Avro union `["null", "double"]`, which a vector holds 119 times. avsc finds the branch of every
 * value anew and goes through the type of the branch; this one knows its two branches and writes and
 * reads the same bytes (`npm run bench -- codec`).
 *
 * Source: "Unions" and "Binary encoding" in the Avro 1.11 specification: the branch as a zigzag long,
 * then its value.
 */
import avsc, { type Schema, type Type } from 'avsc'

/** What avsc reads from and writes to. Positions past the end are allowed: avsc checks afterwards. */
interface Tap {
  buf: Buffer
  pos: number
  readLong(): number
  readDouble(): number
  writeDouble(value: number): void
}

interface UnionInternals {
  _read(tap: Tap): unknown
  _write(tap: Tap, value: unknown): void
}

const Union = avsc.types.UnwrappedUnionType as unknown as new (
  schema: Schema,
  options: object,
) => Type & UnionInternals

const NULL_BRANCH = 0
const DOUBLE_BRANCH = 1
/** A long is written in zigzag: branch 1 is the byte 2. */
const DOUBLE_BRANCH_BYTE = 2

class NullableDouble extends Union {
  override _read(tap: Tap): number | null {
    const branch = tap.readLong()
    if (branch === DOUBLE_BRANCH) return tap.readDouble()
    if (branch === NULL_BRANCH) return null
    throw new Error(`invalid union index: ${branch}`)
  }

  override _write(tap: Tap, value: unknown): void {
    if (typeof value === 'number') {
      tap.buf[tap.pos++] = DOUBLE_BRANCH_BYTE
      tap.writeDouble(value)
    } else if (value === null) tap.buf[tap.pos++] = NULL_BRANCH
    else super._write(tap, value)
  }
}

/** For avsc's option `typeHook`: takes over the unions of exactly null and double, in this order. */
export function nullableDoubleHook(schema: Schema, options: object): Type | undefined {
  if (!Array.isArray(schema) || schema.length !== 2) return undefined
  const [first, second] = schema as [unknown, unknown]
  return first === 'null' && second === 'double' ? new NullableDouble(schema, options) : undefined
}
