/**
 * The decompressed bytes of an input file, gzip or plain, told apart by the magic bytes.
 *
 * A cut gzip file delivers all that can be read before it throws, a damaged one all but the last few
 * KiB before the damage, so that the rows before it are not lost with it. That is why the decompressor is fed chunk by chunk: an iterated
 * stream drops what it has buffered when it meets an error.
 */
import { open } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGunzip, type Gunzip } from 'node:zlib'
import { CandlewireError, messageOf } from '../errors.ts'

/** 32 KiB of gzip are at most 33 MB of text (1032 times), the bound on what one step holds. */
const CHUNK_BYTES = 32_768

/** @throws CandlewireError FILE_UNREADABLE, after the last bytes that could be read. */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const chunks = fileChunks(path)
  try {
    const first = await chunks.next()
    if (first.done === true) return
    const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
    if (isGzip) {
      yield* gunzip(path, first.value, chunks)
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

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch((thrown: unknown) => {
    throw unreadable(path, thrown)
  })
  try {
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES)
        .catch((thrown: unknown) => {
          throw unreadable(path, thrown)
        })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* gunzip(
  path: string,
  first: Buffer,
  later: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const inflater = createGunzip()
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
          ? new Error('the gzip file is cut off', { cause: failure })
          : failure,
      )
    }
  } finally {
    inflater.destroy()
  }
}

/** @returns once the chunk is through the decompressor, whether it could be decompressed. */
function written(inflater: Gunzip, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    inflater.write(chunk, (error) => resolve(error === undefined || error === null))
  })
}
