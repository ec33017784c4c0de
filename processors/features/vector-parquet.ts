/**
 * Vectors as Parquet: `timestamp` (start of the bar), then the features in set order. Numbers are
 * DOUBLE, times TIMESTAMP in ms UTC, texts STRING; all but the timestamp may be null. A row group a
 * call, so memory is that of the columns and their bytes.
 *
 * Not compressed: doubles of indicators hardly compress, and a reader maps plain pages straight into
 * memory. Flags (0 or 1) have a dictionary and take a bit a value.
 */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { FeatureSet } from './feature-sets.ts'
import { featureSpec } from './registry.ts'
import type { VectorColumn, VectorColumns } from './vector-columns.ts'

type Source = Parameters<ParquetWriter['write']>[0]['columnData'][number]

const TYPES = { number: 'DOUBLE', time: 'TIMESTAMP', text: 'STRING' } as const

export class VectorParquet {
  private readonly bytes = new ByteWriter()
  private readonly writer: ParquetWriter

  constructor(set: FeatureSet, instrument: string) {
    const columnData = [
      { name: 'timestamp', data: [], type: 'TIMESTAMP' as const, nullable: false },
      ...blankSources(set),
    ]
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: schemaFromColumnData({ columnData }),
      codec: 'UNCOMPRESSED',
      statistics: false,
      createdBy: 'candlewire',
      kvMetadata: [
        { key: 'candlewire.instrument', value: instrument },
        { key: 'candlewire.feature_set', value: set.name },
        { key: 'candlewire.feature_set_fingerprint', value: set.fingerprint },
      ],
    })
  }

  /** The first bytes of the file. */
  begin(): Uint8Array {
    return this.taken()
  }

  /** Bytes of a row group, to be appended to the file; valid until the next call. */
  rowGroup(vectors: VectorColumns): Uint8Array {
    this.bytes.index = 0
    if (vectors.length > 0) {
      const columnData = [
        timestamps(vectors),
        ...vectors.columns.map((c) => sourceOf(c, vectors.length)),
      ]
      // Pages of a whole column chunk: cutting them by size would look at every value once more.
      void this.writer.write({ columnData, rowGroupSize: vectors.length, pageSize: 0 })
    }
    return this.taken()
  }

  /** The last bytes of the file. */
  end(): Uint8Array {
    this.bytes.index = 0
    void this.writer.finish()
    return this.taken()
  }

  private taken(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, 0, this.bytes.index)
  }
}

const blankSources = ({ features }: FeatureSet) =>
  features.map((name) => ({ name, data: [], type: TYPES[featureSpec(name).kind ?? 'number'] }))

/** With its statistics: who looks for a time can skip row groups. */
const timestamps = ({ openTimesMs, length }: VectorColumns): Source => ({
  name: 'timestamp',
  data: Array.from(openTimesMs.subarray(0, length), BigInt),
  encoding: 'PLAIN',
  statistics: true,
})

function sourceOf(column: VectorColumn, rows: number): Source {
  const { name } = column
  if (column.kind === 'text') return { name, data: column.values.slice(0, rows) }
  const values = column.values.subarray(0, rows)
  if (column.kind === 'time') {
    const data = Array.from(values, (value) => (Number.isNaN(value) ? null : BigInt(value)))
    return { name, data, encoding: 'PLAIN' }
  }
  const encoding = featureSpec(name).unit === 'flag' ? 'RLE_DICTIONARY' : 'PLAIN'
  if (!hasNull(values)) return { name, data: values, encoding }
  return { name, data: Array.from(values, nullIfNaN), encoding }
}

function hasNull(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true
  return false
}

const nullIfNaN = (value: number): number | null => (Number.isNaN(value) ? null : value)
