/** The beginning of an input file, by which its layout is told. */
import { CandlewireError } from '../errors.ts'
import { readHead } from './byte-source.ts'
import { quoted } from './layout.ts'

/** Enough to hold the first line of every known layout, and the key before a JSON array. */
const HEAD_BYTES = 65_536

export interface FileHead {
  readonly path: string
  /** First line that is not blank, without byte order mark. */
  readonly firstLine: string
  /** What has been read of the file, as text. */
  readonly text: string
}

/** @throws CandlewireError FILE_UNREADABLE, or FORMAT_UNKNOWN for UTF-16 and for a file without text */
export async function fileHead(path: string): Promise<FileHead> {
  const bytes = await readHead(path, HEAD_BYTES)
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new CandlewireError('FORMAT_UNKNOWN', `${path} is UTF-16; convert it to UTF-8`)
  }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  const firstLine = text.split(/\r?\n/).find((line) => line.trim() !== '')
  if (firstLine === undefined) throw new CandlewireError('FORMAT_UNKNOWN', `${path} is empty`)
  return { path, firstLine, text }
}

/** @param known the layouts and what they look like, for the message */
export const unknownLayout = (
  head: FileHead,
  asked: string,
  known: readonly string[],
): CandlewireError =>
  new CandlewireError(
    'FORMAT_UNKNOWN',
    `${head.path}: the first line ${quoted(head.firstLine)} is not of ${asked === 'auto' ? 'a known layout' : `the layout ${asked}`}. Known: ${known.join('; ')}.`,
  )
