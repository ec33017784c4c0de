/**
 * One attempt at a file: goes on behind what `FILE.part` holds, if the server still has the same file
 * and can begin in the middle; from the beginning otherwise.
 *
 * What says "the same file" is the validator of its first answer, kept beside the part: a strong ETag,
 * else Last-Modified (RFC 9110, sections 8.8 and 13.1.5). With neither, a part is worth nothing.
 */
import { open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import type { Dispatcher } from 'undici'
import { CandlewireError } from '../errors.ts'
import { unpausedRequest, type UnpausedAnswer } from '../sources/http/unpaused-request.ts'

const REDIRECTS_MAX = 5
const HTTP_OK = 200
const HTTP_PARTIAL = 206
const HTTP_RANGE_NOT_SATISFIABLE = 416

export interface PartOptions {
  readonly dispatcher: Dispatcher
  readonly signal: AbortSignal
  /** A longer file is not taken. */
  readonly bytesMax: number
  /** Bytes that arrived, or a negative number when a part is thrown away. */
  readonly onBytes: (count: number) => void
  /** Tests put a full disk here. */
  readonly openFile?: typeof open
}

/** An answer that is not the file. */
export class HttpStatusError extends Error {
  readonly status: number
  readonly retryAfter: string | undefined

  constructor({ status, header }: UnpausedAnswer) {
    super(`the server answered ${status}`)
    this.status = status
    this.retryAfter = header('retry-after')
  }
}

interface Held {
  readonly bytes: number
  readonly validator: string
}

export const partOf = (target: string): string => `${target}.part`
const validatorOf = (target: string): string => `${target}.part.validator`

/**
 * Fetches what is missing of `url` into the part of `target`; when it returns, the part is as long as
 * the server says the file is.
 * @throws HttpStatusError, CandlewireError DISK_FULL or DATASET_UNAVAILABLE, or what the network throws
 */
export async function fetchPart(url: string, target: string, options: PartOptions): Promise<void> {
  const held = await heldOf(url, target)
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (held !== undefined) {
    headers['range'] = `bytes=${held.bytes}-`
    headers['if-range'] = held.validator
  }
  const { dispatcher, signal, bytesMax } = options
  const response = await unpausedRequest(url, {
    dispatcher,
    signal,
    headers,
    bytesMax,
    maxRedirections: REDIRECTS_MAX,
  })
  try {
    if (url.startsWith('https:') && !response.url.startsWith('https:'))
      throw new CandlewireError(
        'DATASET_UNAVAILABLE',
        `${url} redirects to an address without https`,
      )
    if (isWhole(response, held)) return
    const begin = beginOf(response, held)
    if (isEncoded(response))
      throw new CandlewireError(
        'DATASET_UNAVAILABLE',
        `${url} comes compressed though it was asked for as it is`,
      )
    if (begin === undefined) {
      await dropPart(target)
      throw new Error(
        `the server cannot go on at byte ${held?.bytes ?? 0}; from the beginning then`,
      )
    }
    if (begin === 0 && held !== undefined) options.onBytes(-held.bytes)
    if (begin === 0) await keepValidator(url, target, response)
    await writeBody(response, target, begin, options)
  } finally {
    response.discard()
  }
}

export async function dropPart(target: string): Promise<void> {
  await rm(partOf(target), { force: true })
  await rm(validatorOf(target), { force: true })
}

/** What of the same address is here already. */
async function heldOf(url: string, target: string): Promise<Held | undefined> {
  const [bytes, text] = await Promise.all([
    stat(partOf(target)).then(
      ({ size }) => size,
      () => 0,
    ),
    readFile(validatorOf(target), 'utf8').catch(() => ''),
  ])
  const [from, validator] = text.split('\n')
  return bytes > 0 && from === url && validator !== undefined && validator !== ''
    ? { bytes, validator }
    : undefined
}

async function keepValidator(url: string, target: string, response: UnpausedAnswer): Promise<void> {
  const etag = response.header('etag') ?? ''
  const validator = etag.startsWith('"') ? etag : (response.header('last-modified') ?? '')
  await writeFile(validatorOf(target), `${url}\n${validator}`)
}

/**
 * Byte at which the body begins; undefined if it does not fit to what is held.
 * @throws HttpStatusError
 */
function beginOf(response: UnpausedAnswer, held: Held | undefined): number | undefined {
  if (response.status === HTTP_OK) return 0
  if (response.status === HTTP_RANGE_NOT_SATISFIABLE && held !== undefined) return undefined
  if (response.status !== HTTP_PARTIAL || held === undefined) throw new HttpStatusError(response)
  const range = /^bytes (\d+)-/.exec(response.header('content-range') ?? '')
  const etag = response.header('etag')
  const isOther = etag !== undefined && held.validator.startsWith('"') && etag !== held.validator
  return Number(range?.[1]) === held.bytes && !isOther ? held.bytes : undefined
}

/** A run that ended between the last byte and the renaming leaves a part with nothing missing. */
const isWhole = ({ status, header }: UnpausedAnswer, held: Held | undefined): boolean =>
  status === HTTP_RANGE_NOT_SATISFIABLE &&
  held !== undefined &&
  header('content-range') === `bytes */${held.bytes}`

const isEncoded = ({ header }: UnpausedAnswer): boolean =>
  (header('content-encoding') ?? 'identity') !== 'identity'

async function writeBody(
  response: UnpausedAnswer,
  target: string,
  begin: number,
  { bytesMax, onBytes, openFile = open }: PartOptions,
): Promise<void> {
  const expected = begin + Number(response.header('content-length') ?? NaN)
  if (expected > bytesMax) throw tooLong(response, bytesMax)
  const file = await diskFull(target, expected, () =>
    openFile(partOf(target), begin === 0 ? 'w' : 'r+'),
  )
  let written = begin
  try {
    for await (const chunk of response.body) {
      if (written + chunk.length > bytesMax) throw tooLong(response, bytesMax)
      await diskFull(target, expected, () => writeAll(file, chunk, written))
      written += chunk.length
      onBytes(chunk.length)
    }
    await diskFull(target, expected, () => file.datasync())
  } finally {
    await file.close()
  }
  if (!Number.isNaN(expected) && written !== expected)
    throw new Error(`the connection ended after ${written} of ${expected} bytes`)
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}

const tooLong = ({ url }: UnpausedAnswer, bytesMax: number) =>
  new CandlewireError(
    'DATASET_UNAVAILABLE',
    `${url} is longer than the ${bytesMax} bytes it may have`,
  )

async function diskFull<Result>(
  target: string,
  bytes: number,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    const code = (thrown as { code?: unknown }).code
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw thrown
    const size = Number.isNaN(bytes) ? '' : ` (${(bytes / 1e6).toFixed(1)} MB)`
    throw new CandlewireError('DISK_FULL', `No room for ${target}${size}`, { cause: thrown })
  }
}
