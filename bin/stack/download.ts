/**
 * Fetching one file over HTTPS: streamed to `<file>.part`, hashed on the way, and renamed only when
 * its sha256 is the pinned one. A connection that stays silent is given up and tried again.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { LockedFile } from './artefact-lock.ts'

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 500
/** Longest time without a single byte. The whole may take as long as the line is slow. */
const SILENCE_MS = 30_000

export interface DownloadOptions {
  readonly onBytes: (count: number) => void
  readonly signal?: AbortSignal
  /** Shorter in tests. */
  readonly firstPauseMs?: number
}

/**
 * Fetches `<baseUrl>/<file.path>` to `target`.
 *
 * @throws CandlewireError DOWNLOAD_FAILED after several attempts, CHECKSUM_MISMATCH at once
 */
export async function download(
  baseUrl: string,
  file: LockedFile,
  target: string,
  options: DownloadOptions,
): Promise<void> {
  const url = `${baseUrl.replace(/\/+$/, '')}/${file.path}`
  await mkdir(dirname(target), { recursive: true })
  for (let attempt = 1; ; attempt++) {
    let counted = 0
    try {
      await fetchOnce(url, file, target, {
        ...options,
        onBytes: (count) => options.onBytes((counted += count) && count),
      })
      return
    } catch (thrown) {
      options.onBytes(-counted)
      options.signal?.throwIfAborted()
      if (thrown instanceof CandlewireError && !thrown.retryable) throw thrown
      if (attempt === ATTEMPTS || thrown instanceof RefusedError) {
        throw new CandlewireError('DOWNLOAD_FAILED', `${url}: ${causeOf(thrown)}`, {
          cause: thrown,
        })
      }
      await delay((options.firstPauseMs ?? FIRST_PAUSE_MS) * 2 ** (attempt - 1))
    }
  }
}

/** An answer that will be the same next time. */
class RefusedError extends Error {}

async function fetchOnce(
  url: string,
  file: LockedFile,
  target: string,
  options: DownloadOptions,
): Promise<void> {
  const silence = new AbortController()
  const giveUp = setTimeout(
    () => silence.abort(new Error(`silent for ${SILENCE_MS / 1000} s`)),
    SILENCE_MS,
  )
  const part = `${target}.part`
  const hash = createHash('sha256')
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      giveUp.refresh()
      hash.update(chunk)
      options.onBytes(chunk.length)
      done(null, chunk)
    },
  })
  try {
    const signal = AbortSignal.any([
      silence.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ])
    const response = await fetch(url, { signal })
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      const message = `the server answered ${response.status}`
      throw response.status >= 500 || response.status === 429
        ? new Error(message)
        : new RefusedError(message)
    }
    await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(part), { signal })
    const found = hash.digest('hex')
    if (found !== file.sha256) {
      throw new CandlewireError(
        'CHECKSUM_MISMATCH',
        `${url} has sha256 ${found}, pinned is ${file.sha256}`,
      )
    }
    await rename(part, target)
  } catch (thrown) {
    await rm(part, { force: true })
    throw thrown
  } finally {
    clearTimeout(giveUp)
  }
}

/** `fetch failed` alone says nothing: the reason stands in its cause. */
function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return cause === undefined ? messageOf(thrown) : `${messageOf(thrown)} (${messageOf(cause)})`
}
