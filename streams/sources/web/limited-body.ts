/**
 * Reads a body into memory, decompressed, and gives up as soon as either form is too large: a few
 * kilobytes of gzip can hold gigabytes.
 */
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { CandlewireError, messageOf } from '../../errors.ts'

/** The encodings {@link readLimited} undoes, as a request names them. */
export const ACCEPTED_ENCODINGS = 'gzip, br, deflate'

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
} as const

/**
 * @param encoding the header `content-encoding`; one layer at most
 * @throws CandlewireError NEWS_SOURCE_FAILED if it is too large, in a wrong encoding or cut off
 */
export async function readLimited(
  body: AsyncIterable<Buffer>,
  encoding: string | undefined,
  bytesMax: number,
): Promise<Buffer> {
  const name = (encoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return collect(limited(body, bytesMax), bytesMax)
  if (!(name in DECODERS))
    throw new CandlewireError('NEWS_SOURCE_FAILED', `The content encoding ${name} is not known`)
  const decoder = DECODERS[name as keyof typeof DECODERS]()
  // The failure reaches whoever reads the decoder.
  pipeline(limited(body, bytesMax), decoder, () => undefined)
  return collect(decoder, bytesMax)
}

async function collect(chunks: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const kept: Buffer[] = []
  try {
    for await (const chunk of limited(chunks, bytesMax)) kept.push(chunk)
  } catch (thrown) {
    if (thrown instanceof CandlewireError) throw thrown
    throw new CandlewireError('NEWS_SOURCE_FAILED', `The body broke off: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  return Buffer.concat(kept)
}

async function* limited(chunks: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > bytesMax)
      throw new CandlewireError('NEWS_SOURCE_FAILED', `The body is larger than ${bytesMax} bytes`)
    yield chunk
  }
}
