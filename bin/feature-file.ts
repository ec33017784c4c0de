/**
 * The file that `candlewire features compute` writes: Parquet, CSV or JSON lines, told by its ending.
 *
 * It is written under another name and renamed when it is whole, so a run that fails or is stopped
 * leaves no file that only looks complete.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { FeatureSet } from '../processors/features/feature-sets.ts'
import type { VectorColumns } from '../processors/features/vector-columns.ts'
import { VectorParquet } from '../processors/features/vector-parquet.ts'
import { vectorCsv, vectorJsonLines, type VectorText } from '../processors/features/vector-text.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'

/** Vectors of a row group: 10 MB of doubles with 119 features, and about five times that while encoded. */
const PARQUET_ROWS = 10_000
/** Vectors written as text at a time: some 2 MB. */
const TEXT_ROWS = 1_000

export interface FeatureFile {
  /** How many vectors `write` wants at a time. */
  readonly rowsAtATime: number
  write(vectors: VectorColumns): Promise<void>
  /** Completes the file. */
  close(): Promise<void>
  /** Removes what was written. */
  abandon(): Promise<void>
}

interface Encoding {
  readonly rowsAtATime: number
  readonly begin: () => string | Uint8Array
  readonly encode: (vectors: VectorColumns) => string | Uint8Array
  readonly end: () => string | Uint8Array
}

/**
 * @param path ending in .parquet (or in nothing known), .csv or .ndjson; `-` writes CSV to standard output.
 * @throws CandlewireError FORMAT_UNKNOWN, FILE_UNREADABLE
 */
export async function openFeatureFile(
  path: string,
  set: FeatureSet,
  instrument: string,
): Promise<FeatureFile> {
  const encoding = encodingOf(path, set, instrument)
  const output = path === '-' ? standardOutput() : await newFile(path)
  const write = async (bytes: string | Uint8Array): Promise<void> => {
    if (bytes.length > 0) await output.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }
  try {
    await write(encoding.begin())
  } catch (thrown) {
    await output.abandon()
    throw thrown
  }
  return {
    rowsAtATime: encoding.rowsAtATime,
    write: (vectors) => write(encoding.encode(vectors)),
    async close() {
      await write(encoding.end())
      await output.close()
    },
    abandon: () => output.abandon(),
  }
}

function encodingOf(path: string, set: FeatureSet, instrument: string): Encoding {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase()
  if (path === '-' || ending === 'csv') return textEncoding(vectorCsv(set))
  if (ending === 'ndjson' || ending === 'jsonl') return textEncoding(vectorJsonLines(set))
  if (ending === 'parquet' || ending === undefined) return parquetEncoding(set, instrument)
  throw new CandlewireError(
    'FORMAT_UNKNOWN',
    `--out ${path}: name a file that ends in .parquet, .csv or .ndjson, or - for CSV on standard output`,
  )
}

const textEncoding = ({ header, lines }: VectorText): Encoding => ({
  rowsAtATime: TEXT_ROWS,
  begin: () => header,
  encode: lines,
  end: () => '',
})

function parquetEncoding(set: FeatureSet, instrument: string): Encoding {
  const parquet = new VectorParquet(set, instrument)
  return {
    rowsAtATime: PARQUET_ROWS,
    begin: () => parquet.begin(),
    encode: (vectors) => parquet.rowGroup(vectors),
    end: () => parquet.end(),
  }
}

interface Output {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
  abandon(): Promise<void>
}

async function newFile(path: string): Promise<Output> {
  const unfinished = `${path}.part`
  const failed = (thrown: unknown) =>
    new CandlewireError('FILE_UNREADABLE', `${path}: ${messageOf(thrown)}`, { cause: thrown })
  const explained = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw failed(thrown)
    })
  const file: FileHandle = await explained(open(unfinished, 'w'))
  return {
    write: (bytes) => explained(file.writeFile(bytes)),
    async close() {
      await explained(file.close())
      await explained(rename(unfinished, path))
    },
    async abandon() {
      await file.close()
      await rm(unfinished, { force: true })
    },
  }
}

function standardOutput(): Output {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  }
}
