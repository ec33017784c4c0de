/**
 * A reference profile as bytes and back: the artifact of format `reference-profile`.
 *
 * Layout, little-endian: 8 bytes of magic with the layout version, uint32 length of a JSON header
 * (columns, rows, calibration; keys sorted), the header, zeros up to a multiple of 8, then the values
 * (float32), padded to 8 again, predictions, labels and event times (float64). The same profile gives
 * the same bytes, so its sha256 names it; every NaN is written as the one canonical NaN.
 */
import { z } from 'zod'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { ReferenceProfile } from './reference-profile.ts'

const MAGIC = Buffer.from('CWPROF01', 'latin1')
const ALIGNMENT = 8
const PREFIX_BYTES = MAGIC.length + 4
/** 10,000 rows of 125 columns are 5.3 MB; the artifact topic takes messages of 64 MiB. */
const PROFILE_BYTES_MAX = 32 * 1024 * 1024
const HEADER_BYTES_MAX = 4 * 1024 * 1024
const ROWS_MAX = 30_000
const COLUMNS_MAX = 1_024

const headerSchema = z.object({
  calibration: z.record(z.string().min(1), z.array(z.number())),
  columns: z.array(z.string().min(1)).min(1).max(COLUMNS_MAX),
  rows: z.number().int().min(1).max(ROWS_MAX),
})
type Header = z.infer<typeof headerSchema>

const refuse = (reason: string, cause?: unknown): CandlewireError =>
  new CandlewireError('MODEL_REFUSED', `Reference profile: ${reason}`, { cause })
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

interface Layout {
  readonly values: number
  readonly predictions: number
  readonly labels: number
  readonly eventTimeMs: number
  readonly end: number
}

function layoutOf(headerBytes: number, columns: number, rows: number): Layout {
  const values = aligned(PREFIX_BYTES + headerBytes)
  const predictions = values + aligned(columns * rows * 4)
  const labels = predictions + rows * 8
  const eventTimeMs = labels + rows * 8
  return { values, predictions, labels, eventTimeMs, end: eventTimeMs + rows * 8 }
}

/** @throws CandlewireError MODEL_REFUSED if its parts do not fit together or it is too large. */
export function encodeReferenceProfile(profile: ReferenceProfile): Uint8Array {
  check(profile)
  const calibration = Object.fromEntries(
    Object.entries(profile.calibration)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([measure, values]) => [measure, [...values]]),
  )
  const header = Buffer.from(
    JSON.stringify({
      calibration,
      columns: [...profile.columns],
      rows: profile.rows,
    } satisfies Header),
  )
  const layout = layoutOf(header.length, profile.columns.length, profile.rows)
  if (layout.end > PROFILE_BYTES_MAX || header.length > HEADER_BYTES_MAX)
    throw refuse(`it has ${layout.end} bytes, more than ${PROFILE_BYTES_MAX}; keep fewer rows`)
  const bytes = Buffer.alloc(layout.end)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(header.length, MAGIC.length)
  header.copy(bytes, PREFIX_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  profile.values.forEach((v, i) =>
    view.setFloat32(layout.values + i * 4, Number.isNaN(v) ? NaN : v, true),
  )
  for (const part of ['predictions', 'labels', 'eventTimeMs'] as const)
    profile[part].forEach((v, i) =>
      view.setFloat64(layout[part] + i * 8, Number.isNaN(v) ? NaN : v, true),
    )
  return bytes
}

/** @throws CandlewireError MODEL_REFUSED naming what is wrong with the bytes. */
export function decodeReferenceProfile(bytes: Uint8Array): ReferenceProfile {
  if (bytes.length > PROFILE_BYTES_MAX)
    throw refuse(`${bytes.length} bytes are more than ${PROFILE_BYTES_MAX}`)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < PREFIX_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC))
    throw refuse(`the bytes do not begin with ${MAGIC.toString('latin1')}`)
  const headerBytes = buffer.readUInt32LE(MAGIC.length)
  if (headerBytes > HEADER_BYTES_MAX || PREFIX_BYTES + headerBytes > buffer.length)
    throw refuse(`a header of ${headerBytes} bytes does not fit`)
  const header = headerOf(buffer.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes))
  const { columns, rows, calibration } = header
  const layout = layoutOf(headerBytes, columns.length, rows)
  if (layout.end !== buffer.length)
    throw refuse(
      `${buffer.length} bytes instead of ${layout.end} for ${columns.length} columns of ${rows} rows`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const doubles = (offset: number) =>
    Float64Array.from({ length: rows }, (_, i) => view.getFloat64(offset + i * 8, true))
  const profile: ReferenceProfile = {
    columns,
    rows,
    values: Float32Array.from({ length: columns.length * rows }, (_, i) =>
      view.getFloat32(layout.values + i * 4, true),
    ),
    predictions: doubles(layout.predictions),
    labels: doubles(layout.labels),
    eventTimeMs: doubles(layout.eventTimeMs),
    calibration,
  }
  check(profile)
  return profile
}

function headerOf(bytes: Buffer): Header {
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString('utf8'))
  } catch (thrown) {
    throw refuse(`its header is not JSON: ${messageOf(thrown)}`, thrown)
  }
  const header = headerSchema.safeParse(parsed)
  if (header.success) return header.data
  const [issue] = header.error.issues
  throw refuse(`its header is wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function check({ columns, rows, values, calibration, ...rest }: ReferenceProfile): void {
  if (rows < 1 || rows > ROWS_MAX) throw refuse(`${rows} rows; 1 to ${ROWS_MAX} can be kept`)
  if (columns.length < 1 || columns.length > COLUMNS_MAX)
    throw refuse(`${columns.length} columns; 1 to ${COLUMNS_MAX} can be kept`)
  if (new Set(columns).size !== columns.length) throw refuse('a column is there twice')
  if (values.length !== columns.length * rows)
    throw refuse(`${values.length} values for ${columns.length} columns of ${rows} rows`)
  for (const part of ['predictions', 'labels', 'eventTimeMs'] as const)
    if (rest[part].length !== rows) throw refuse(`${rest[part].length} ${part} for ${rows} rows`)
  const { eventTimeMs } = rest
  for (let row = 0; row < rows; row += 1) {
    // Also refuses NaN, which compares false.
    if (!(eventTimeMs[row]! >= (eventTimeMs[row - 1] ?? -Infinity)))
      throw refuse(`event times do not ascend at row ${row}`)
  }
  for (const [measure, thresholds] of Object.entries(calibration))
    if (!thresholds.every(Number.isFinite))
      throw refuse(`calibration of ${measure} has a value that is not finite`)
}
