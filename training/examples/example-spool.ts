/**
 * Takes examples out of the pipeline's memory into two files, and back in inside the training
 * process: the process that reads Kafka stays small whatever the number of rows is.
 */
import { createReadStream } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Example } from '../../schemas/generated.ts'
import type { LabelHorizon } from '../../processors/labels/labels-processor.ts'
import { carries, type SetReference } from '../../processors/features/feature-sets.ts'
import { rowWriter, type RowWriter } from '../../processors/models/input-columns.ts'
import { HEAD_WIDTH, STATUS, type RawExamples } from './raw-examples.ts'

/** Rows collected before they are written: 4,096 rows of 120 columns are 2 MB. */
const BUFFER_ROWS = 4_096

const filesIn = (folder: string) => ({
  matrix: join(folder, 'matrix.f32'),
  heads: join(folder, 'heads.f64'),
})

/** What the reading process needs to know beside the files. */
export interface SpoolIndex {
  readonly folder: string
  readonly columns: readonly string[]
  readonly instruments: readonly string[]
  readonly rows: number
  /** Which label the rows carry. */
  readonly horizonMinutes: LabelHorizon
}

/** The label of a horizon, and when it was known, ms; NaN where there is none. */
const LABELS: Readonly<Record<LabelHorizon, (example: Example) => readonly [number, number]>> = {
  30: ({ forwardReturn30, labelTimeMs }) => [
    forwardReturn30 ?? NaN,
    forwardReturn30 === null ? NaN : labelTimeMs,
  ],
  60: ({ forwardReturn60, label60TimeMs }) => [forwardReturn60 ?? NaN, label60TimeMs ?? NaN],
}

export class ExampleSpool {
  private readonly folder: string
  private readonly columns: readonly string[]
  private readonly horizonMinutes: LabelHorizon
  private readonly write: RowWriter
  private readonly matrixFile: FileHandle
  private readonly headsFile: FileHandle
  private readonly matrix: Float32Array
  private readonly heads = new Float64Array(BUFFER_ROWS * HEAD_WIDTH)
  private readonly instruments = new Map<string, number>()
  private buffered = 0
  private written = 0

  private constructor(
    folder: string,
    columns: readonly string[],
    horizonMinutes: LabelHorizon,
    matrixFile: FileHandle,
    headsFile: FileHandle,
  ) {
    this.folder = folder
    this.columns = columns
    this.horizonMinutes = horizonMinutes
    this.write = rowWriter(columns)
    this.matrixFile = matrixFile
    this.headsFile = headsFile
    this.matrix = new Float32Array(BUFFER_ROWS * columns.length)
  }

  /** @param folder exists and is this spool's own */
  static async create(
    folder: string,
    columns: readonly string[],
    horizonMinutes: LabelHorizon = 30,
  ): Promise<ExampleSpool> {
    const files = filesIn(folder)
    return new ExampleSpool(
      folder,
      columns,
      horizonMinutes,
      await open(files.matrix, 'w'),
      await open(files.heads, 'w'),
    )
  }

  get rows(): number {
    return this.written + this.buffered
  }

  /** @param wanted the feature set to train on */
  async add(example: Example, wanted: SetReference): Promise<void> {
    const isOther = !carries(example, wanted)
    if (isOther) this.fillMissing()
    else this.write(example, this.matrix, this.buffered)
    const { instrument, openTimeMs, eventTimeMs } = example
    const [label, labelTimeMs] = LABELS[this.horizonMinutes](example)
    const isFilled = example.values.is_backfilled === 1
    await this.addHead([
      this.instrumentIndex(instrument),
      openTimeMs,
      eventTimeMs,
      labelTimeMs,
      label,
      isOther ? STATUS.otherFeatureSet : isFilled ? STATUS.filledBar : STATUS.ok,
    ])
  }

  /** A tombstone: earlier examples of this key do not count. */
  async addDeleted(instrument: string, openTimeMs: number): Promise<void> {
    this.fillMissing()
    await this.addHead([
      this.instrumentIndex(instrument),
      openTimeMs,
      openTimeMs,
      openTimeMs,
      NaN,
      STATUS.deleted,
    ])
  }

  /** Writes what is buffered and closes the files. */
  async finish(): Promise<SpoolIndex> {
    await this.flush()
    await this.close()
    return {
      folder: this.folder,
      columns: this.columns,
      instruments: [...this.instruments.keys()],
      rows: this.written,
      horizonMinutes: this.horizonMinutes,
    }
  }

  async close(): Promise<void> {
    await this.matrixFile.close()
    await this.headsFile.close()
  }

  private fillMissing(): void {
    const width = this.columns.length
    this.matrix.fill(NaN, this.buffered * width, (this.buffered + 1) * width)
  }

  private instrumentIndex(instrument: string): number {
    const known = this.instruments.get(instrument)
    if (known !== undefined) return known
    this.instruments.set(instrument, this.instruments.size)
    return this.instruments.size - 1
  }

  private async addHead(head: readonly number[]): Promise<void> {
    this.heads.set(head, this.buffered * HEAD_WIDTH)
    this.buffered += 1
    if (this.buffered === BUFFER_ROWS) await this.flush()
  }

  private async flush(): Promise<void> {
    await writeAll(this.matrixFile, this.matrix.subarray(0, this.buffered * this.columns.length))
    await writeAll(this.headsFile, this.heads.subarray(0, this.buffered * HEAD_WIDTH))
    this.written += this.buffered
    this.buffered = 0
  }
}

async function writeAll(file: FileHandle, values: Float32Array | Float64Array): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten
  }
}

/** Reads a finished spool. */
export async function readSpool(index: SpoolIndex): Promise<RawExamples> {
  const files = filesIn(index.folder)
  const matrix = new Float32Array(index.rows * index.columns.length)
  const heads = new Float64Array(index.rows * HEAD_WIDTH)
  await readInto(files.matrix, matrix)
  await readInto(files.heads, heads)
  return { columns: index.columns, instruments: index.instruments, heads, matrix }
}

async function readInto(path: string, values: Float32Array | Float64Array): Promise<void> {
  const { size } = await stat(path)
  if (size !== values.byteLength)
    throw new Error(`${path} has ${size} bytes instead of ${values.byteLength}`)
  const bytes = new Uint8Array(values.buffer)
  let done = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
    bytes.set(chunk as Buffer, done)
    done += (chunk as Buffer).length
  }
}
