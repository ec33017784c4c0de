/**
 * The decompressed bytes of an input file, gzip, zip with one file in it, or plain, told apart by the
 * magic bytes.
 *
 * A cut gzip file delivers all that can be read before it throws, a damaged one all but the last few
 * KiB before the damage, so that the rows before it are not lost with it. That is why the decompressor is fed chunk by chunk: an iterated
 * stream drops what it has buffered when it meets an error.
 */
import { open } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib'
import { CandlewireError, messageOf } from '../errors.ts'
import { crc32 } from './crc32.ts'
import { zipEntry, type ZipEntry } from './zip-entry.ts'

/** 32 KiB of gzip are at most 33 MB of text (1032 times), the bound on what one step holds. */
const CHUNK_BYTES = 32_768
const ZIP_MAGIC = Buffer.from([0x50, 0x4b, 0x03, 0x04])

/** @throws CandlewireError FILE_UNREADABLE, after the last bytes that could be read. */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const chunks = fileChunks(path)
  try {
    const first = await chunks.next()
    if (first.done === true) return
    const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
    const isZip = first.value.subarray(0, 4).equals(ZIP_MAGIC)
    if (isGzip) {
      yield* inflated(path, createGunzip(), first.value, chunks)
    } else if (isZip) {
      yield* unzipped(path)
    } else {
      yield first.value
      yield* chunks
    }
  } finally {
    // Whoever takes only the head leaves here, with the file still open.
    await chunks.return(undefined)
  }
}

/** The first bytes of the file, at most `bytesMax`. @throws CandlewireError FILE_UNREADABLE */
export async function readHead(path: string, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of readBytes(path)) {
    parts.push(part)
    length += part.length
    if (length >= bytesMax) break
  }
  return Buffer.concat(parts).subarray(0, bytesMax)
}

const unreadable = (path: string, thrown: unknown) =>
  new CandlewireError('FILE_UNREADABLE', `${path}: ${messageOf(thrown)}`, { cause: thrown })

interface Range {
  readonly from: number
  readonly bytes: number
}

async function* fileChunks(path: string, range?: Range): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch((thrown: unknown) => {
    throw unreadable(path, thrown)
  })
  let [at, left] = range === undefined ? [0, Infinity] : [range.from, range.bytes]
  try {
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(Buffer.allocUnsafe(CHUNK_BYTES), 0, Math.min(CHUNK_BYTES, left), range && at)
        .catch((thrown: unknown) => {
          throw unreadable(path, thrown)
        })
      if (bytesRead === 0) return
      at += bytesRead
      left -= bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* unzipped(path: string): AsyncGenerator<Buffer> {
  const entry = await entryOf(path)
  const chunks = fileChunks(path, { from: entry.from, bytes: entry.packedBytes })
  let [bytes, checksum] = [0, 0]
  try {
    const next = await chunks.next()
    const first = next.done === true ? Buffer.alloc(0) : next.value
    const parts = entry.isDeflated
      ? inflated(path, createInflateRaw(), first, chunks)
      : continued(first, chunks)
    for await (const part of parts) {
      bytes += part.length
      if (bytes > entry.bytes) break
      checksum = crc32(part, checksum)
      yield part
    }
  } finally {
    await chunks.return(undefined)
  }
  if (bytes !== entry.bytes || checksum !== entry.crc32)
    throw unreadable(path, new Error(`${entry.name} in the zip archive is damaged`))
}

async function* continued(first: Buffer, later: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* later
}

async function entryOf(path: string): Promise<ZipEntry> {
  const file = await open(path, 'r')
  try {
    return await zipEntry(file)
  } catch (thrown) {
    throw unreadable(path, thrown)
  } finally {
    await file.close()
  }
}

async function* inflated(
  path: string,
  inflater: Gunzip | InflateRaw,
  first: Buffer,
  later: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  let ready: Buffer[] = []
  inflater.on('data', (part: Buffer) => ready.push(part))
  const ended = finished(inflater).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  try {
    for (
      let chunk: Buffer | undefined = first;
      chunk !== undefined;
      chunk = (await later.next()).value as Buffer | undefined
    ) {
      // A write that meets damage is never called back, so the end of the stream is awaited as well.
      const isSound = await Promise.race([written(inflater, chunk), ended.then(() => false)])
      const parts = ready
      ready = []
      yield* parts
      if (!isSound) break
    }
    inflater.end()
    const failure = await ended
    yield* ready
    if (failure !== undefined) {
      const why = messageOf(failure)
      throw unreadable(
        path,
        why === 'unexpected end of file'
          ? new Error('the compressed data is cut off', { cause: failure })
          : failure,
      )
    }
  } finally {
    inflater.destroy()
  }
}

/** @returns once the chunk is through the decompressor, whether it could be decompressed. */
function written(inflater: Gunzip | InflateRaw, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    inflater.write(chunk, (error) => resolve(error === undefined || error === null))
  })
}
