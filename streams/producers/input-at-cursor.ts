/**
 * Opens an input file where its cursor says, if the file still begins with what was read before.
 *
 * The first `bytesRead` bytes are hashed again: a file that only grew is continued, the same file has
 * nothing left, and any other file of the same name is read from its beginning.
 */
import type { SourceCursor } from '../../schemas/generated.ts'
import { readBytes } from '../sources/byte-source.ts'
import type { LinePlace } from '../sources/line-framer.ts'
import { PrefixDigest } from '../sources/prefix-digest.ts'
import { FILE_START } from '../sources/row-reader.ts'

const LINE_FEED = 10

export interface OpenInput {
  /** What is left to read; every chunk has gone into `digest` before. */
  readonly bytes: AsyncGenerator<Buffer>
  readonly from: LinePlace
  /** Whether the last line read had no line end, so that the file may go on inside it. */
  readonly insideLine: boolean
  readonly digest: PrefixDigest
  readonly resumed: boolean
  /** Whether there is a cursor, but of other content. */
  readonly replaced: boolean
}

export async function openAtCursor(
  path: string,
  cursor: SourceCursor | undefined,
): Promise<OpenInput> {
  return (
    (cursor === undefined ? undefined : await resumeAt(path, cursor)) ??
    fresh(path, cursor !== undefined)
  )
}

function fresh(path: string, replaced: boolean): OpenInput {
  const digest = new PrefixDigest()
  return {
    bytes: digested(readBytes(path), digest),
    from: FILE_START,
    insideLine: false,
    digest,
    resumed: false,
    replaced,
  }
}

async function resumeAt(path: string, cursor: SourceCursor): Promise<OpenInput | undefined> {
  const digest = new PrefixDigest()
  const chunks = digested(readBytes(path), digest)
  const { bytesRead, linesRead } = cursor
  let seen = 0
  let lastByte = LINE_FEED
  let rest: Buffer = Buffer.alloc(0)
  while (seen < bytesRead) {
    const next = await chunks.next()
    if (next.done === true) return undefined
    const inPrefix = Math.min(next.value.length, bytesRead - seen)
    seen += inPrefix
    lastByte = next.value[inPrefix - 1] ?? lastByte
    rest = next.value.subarray(inPrefix)
    digest.hashUpTo(seen)
  }
  if (digest.digestAt(bytesRead) !== cursor.prefixSha256) {
    await chunks.return(undefined)
    return undefined
  }
  return {
    bytes: continued(rest, chunks),
    from: { bytesRead, linesRead },
    insideLine: lastByte !== LINE_FEED,
    digest,
    resumed: true,
    replaced: false,
  }
}

async function* continued(rest: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield rest
    yield* chunks
  } finally {
    await chunks.return(undefined)
  }
}

async function* digested(
  chunks: AsyncGenerator<Buffer>,
  digest: PrefixDigest,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    digest.push(chunk)
    yield chunk
  }
}
