/**
 * A file from the first of its addresses that has it, whatever the line does: attempts go on where the
 * one before broke off, as long as they get further or are fewer than five in a row.
 */
import { rename } from 'node:fs/promises'
import { CandlewireError } from '../errors.ts'
import { pause } from '../pause.ts'
import { backOffMs, type BackOff } from '../sources/http/back-off.ts'
import { networkCause } from '../sources/http/network-cause.ts'
import { retryAfterMs } from '../sources/http/retry-after.ts'
import { unpausedRequest } from '../sources/http/unpaused-request.ts'
import { dropPart, fetchPart, HttpStatusError, partOf, type PartOptions } from './fetch-part.ts'
import { sha256File } from './sha256-file.ts'

const ATTEMPTS_MAX = 5
/** However often it gets a little further. */
const ATTEMPTS_IN_ALL_MAX = 50
const RETRY_AFTER_MAX_MS = 120_000
const CHECKSUM_BYTES_MAX = 4_096
const BACK_OFF: BackOff = { firstMs: 1_000, maxMs: 30_000 }

export interface FetchOptions extends PartOptions {
  readonly backOff?: BackOff
}

export interface FetchedFile {
  readonly url: string
  readonly sha256: string
  readonly bytes: number
}

/** None of the addresses has the file (404 or 410). */
export class FileMissing extends CandlewireError {
  constructor(urls: readonly string[]) {
    super('DATASET_UNAVAILABLE', `There is no file at ${urls.join(' nor at ')}`)
  }
}

/**
 * @param urls tried in order, the next one only where the file is not at the one before
 * @param checksumSuffix behind the address: that of a text that begins with the file's sha256
 * @throws FileMissing; CandlewireError DATASET_UNAVAILABLE, CHECKSUM_MISMATCH, DISK_FULL
 */
export async function fetchFile(
  file: {
    readonly urls: readonly string[]
    readonly target: string
    readonly sha256: string | undefined
    readonly checksumSuffix: string | undefined
  },
  options: FetchOptions,
): Promise<FetchedFile> {
  for (const url of file.urls) {
    try {
      const expected = file.sha256 ?? (await publishedSha256(url, file.checksumSuffix, options))
      return await fetchFrom(url, file.target, expected, options)
    } catch (thrown) {
      if (!(thrown instanceof FileMissing)) throw thrown
    }
  }
  throw new FileMissing(file.urls)
}

async function fetchFrom(
  url: string,
  target: string,
  expected: string | undefined,
  options: FetchOptions,
): Promise<FetchedFile> {
  const attempt = async () => {
    await persistently(url, options, (counted) => fetchPart(url, target, counted))
    return sha256File(partOf(target))
  }
  let found = await attempt()
  if (expected !== undefined && found.sha256 !== expected) {
    // Once more from the beginning: the parts may be of two versions.
    await dropPart(target)
    options.onBytes(-found.bytes)
    found = await attempt()
  }
  if (expected !== undefined && found.sha256 !== expected) {
    await dropPart(target)
    throw new CandlewireError(
      'CHECKSUM_MISMATCH',
      `${url} has sha256 ${found.sha256}, but ${expected} is published for it; ${target} was not kept`,
    )
  }
  await rename(partOf(target), target)
  await dropPart(target)
  return { url, ...found }
}

async function publishedSha256(
  url: string,
  suffix: string | undefined,
  options: FetchOptions,
): Promise<string | undefined> {
  if (suffix === undefined) return undefined
  const address = `${url}${suffix}`
  const text = await persistently(address, options, async ({ dispatcher, signal }) => {
    const headers = { 'accept-encoding': 'identity' }
    const bytesMax = CHECKSUM_BYTES_MAX
    const response = await unpausedRequest(address, { dispatcher, signal, headers, bytesMax })
    try {
      if (response.status !== 200) throw new HttpStatusError(response)
      let body = ''
      for await (const chunk of response.body) {
        body += chunk.toString('utf8')
        if (body.length > bytesMax) break
      }
      return body
    } finally {
      response.discard()
    }
  })
  const sha256 = /^\s*([0-9a-f]{64})(?![0-9a-f])/i.exec(text)?.[1]?.toLowerCase()
  if (sha256 !== undefined) return sha256
  throw new CandlewireError('DATASET_UNAVAILABLE', `${address} does not begin with a sha256`)
}

/** Tries until it works; a try that got further does not count as a failure in a row. */
async function persistently<Result>(
  url: string,
  options: FetchOptions,
  work: (options: FetchOptions) => Promise<Result>,
): Promise<Result> {
  const { signal, onBytes, backOff = BACK_OFF } = options
  const begin = performance.now()
  let failures = 0
  for (let attempts = 1; ; attempts += 1) {
    let gained = 0
    const counted: FetchOptions = {
      ...options,
      onBytes(count) {
        gained += count
        onBytes(count)
      },
    }
    try {
      return await work(counted)
    } catch (thrown) {
      signal.throwIfAborted()
      if (thrown instanceof CandlewireError) throw thrown
      failures = gained > 0 ? 1 : failures + 1
      const status = thrown instanceof HttpStatusError ? thrown.status : undefined
      if (status === 404 || status === 410) throw new FileMissing([url])
      const isFinal = status !== undefined && status < 500 && status !== 408 && status !== 429
      if (isFinal || failures >= ATTEMPTS_MAX || attempts >= ATTEMPTS_IN_ALL_MAX) {
        const seconds = ((performance.now() - begin) / 1000).toFixed(0)
        const tried = isFinal ? '' : `, after ${attempts} attempts in ${seconds} s`
        throw new CandlewireError(
          'DATASET_UNAVAILABLE',
          `${url}: ${networkCause(thrown)}${tried}`,
          {
            cause: thrown,
          },
        )
      }
      const header = thrown instanceof HttpStatusError ? thrown.retryAfter : undefined
      const askedMs = retryAfterMs(header, Date.now(), RETRY_AFTER_MAX_MS) ?? 0
      await pause(Math.max(askedMs, backOffMs(failures, backOff)), signal)
      signal.throwIfAborted()
    }
  }
}
