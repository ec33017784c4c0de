/**
 * The decompressed bytes of an input file, gzip or plain, told apart by the magic bytes.
 *
 * A damaged or cut gzip file delivers all that can be read before it throws, so that the rows before
 * the damage are not lost with it. That is why the decompressor is fed chunk by chunk: an iterated
 * stream drops what it has buffered when it meets an error.
 */
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createGunzip, type Gunzip } from 'node:zlib'
import { CandlewireError, messageOf } from '../errors.ts'

/** 32 KiB of gzip are at most 33 MB of text (1032 times), the bound on what one step holds. */
const CHUNK_BYTES = 32_768

/** @throws CandlewireError FILE_UNREADABLE, after the last bytes that could be read. */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const chunks = fileChunks(path)
  const first = await chunks.next()
  if (first.done === true) return
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
  const all = (async function* () {
    yield first.value
    yield* chunks
  })()
  yield* isGzip ? gunzip(path, all) : all
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

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch((thrown: unknown) => {
    throw unreadable(path, thrown)
  })
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES).catch((thrown: unknown) => {
        throw unreadable(path, thrown)
      })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* gunzip(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflater = createGunzip()
  let ready: Buffer[] = []
  let failure: unknown
  inflater.on('data', (part: Buffer) => ready.push(part))
  inflater.on('error', (thrown) => (failure = thrown))
  try {
    for await (const chunk of chunks) {
      await written(inflater, chunk)
      const parts = ready
      ready = []
      yield* parts
      if (failure !== undefined) break
    }
    if (failure === undefined) {
      inflater.end()
      await once(inflater, 'end').catch((thrown: unknown) => (failure = thrown))
    }
    yield* ready
    if (failure !== undefined) {
      const why = messageOf(failure) === 'unexpected end of file' ? 'the gzip file is cut off' : messageOf(failure)
      throw unreadable(path, why)
    }
  } finally {
    inflater.destroy()
  }
}

/** Ends when the chunk is through the decompressor, or when that has failed (see its error event). */
function written(inflater: Gunzip, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    inflater.write(chunk, () => resolve())
  })
}
