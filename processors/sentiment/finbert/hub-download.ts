/**
 * Fetching the files of a model from a hub, all or none: into a folder beside the final one, renamed
 * when every file is whole. transformers.js could fetch by itself, but it waits for a silent server
 * for ever and keeps a file that ended early (docs/adr, "FinBERT through transformers.js").
 *
 * Whole means: as long as the server announced, and with the sha256 that the hub tells for large
 * files (`x-linked-etag`, on its redirect to where they are stored).
 */
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'

export interface HubDownload {
  readonly hubUrl: string
  /** `OWNER/NAME`. */
  readonly modelId: string
  /** Below the model's folder, the same here and there. */
  readonly files: readonly string[]
  /** Where they shall lie; what is there already is not whole and goes. */
  readonly folder: string
  /** Longest wait for the first answer of the hub, in ms. */
  readonly answerTimeoutMs: number
  /** Longest time without a byte, in ms. */
  readonly silenceTimeoutMs: number
  readonly signal?: AbortSignal
}

/** FinBERT in fp32 has 440 MB; a server that sends without end is stopped here. */
const FILE_BYTES_MAX = 2 ** 30
const REDIRECTS_MAX = 5
const SCRATCH = '.part-'
/** Folders of downloads that were killed; a younger one may be at work in another process. */
const SCRATCH_AGE_MAX_MS = 24 * 60 * 60_000

/** @throws CandlewireError SENTIMENT_MODEL_UNREACHABLE naming address and cause */
export async function downloadFromHub(download: HubDownload): Promise<void> {
  await mkdir(dirname(download.folder), { recursive: true })
  await rm(download.folder, { recursive: true, force: true })
  await sweep(download.folder)
  const scratch = await mkdtemp(`${download.folder}${SCRATCH}`)
  try {
    for (const file of download.files) {
      const url = `${download.hubUrl.replace(/\/+$/, '')}/${download.modelId}/resolve/main/${file}`
      try {
        await fetchFile(url, join(scratch, file), download)
      } catch (thrown) {
        download.signal?.throwIfAborted()
        throw new CandlewireError('SENTIMENT_MODEL_UNREACHABLE', `${url}: ${reasonOf(thrown)}`, {
          cause: thrown,
        })
      }
    }
    await rename(scratch, download.folder).catch((thrown: unknown) => {
      // Another process was faster, and its folder is whole.
      if (!existsSync(download.folder)) throw thrown
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function sweep(folder: string): Promise<void> {
  const parent = dirname(folder)
  for (const entry of await readdir(parent)) {
    const path = join(parent, entry)
    if (!path.startsWith(`${folder}${SCRATCH}`)) continue
    const ageMs = Date.now() - (await stat(path)).mtimeMs
    if (ageMs > SCRATCH_AGE_MAX_MS) await rm(path, { recursive: true, force: true })
  }
}

async function fetchFile(url: string, target: string, download: HubDownload): Promise<void> {
  const late = new AbortController()
  const abortAfter = (ms: number, what: string): NodeJS.Timeout =>
    setTimeout(() => late.abort(new Error(`${what} within ${ms / 1000} s`)), ms)
  let timer = abortAfter(download.answerTimeoutMs, 'no answer')
  const signal = AbortSignal.any([
    late.signal,
    ...(download.signal === undefined ? [] : [download.signal]),
  ])
  try {
    const { response, sha256 } = await request(url, signal)
    clearTimeout(timer)
    timer = abortAfter(download.silenceTimeoutMs, 'not a byte')
    await mkdir(dirname(target), { recursive: true })
    await save(response, target, { sha256, signal, onBytes: () => timer.refresh() })
  } finally {
    clearTimeout(timer)
  }
}

/** Follows redirects by hand: what the hub says of a file stands on its own answer, not the store's. */
async function request(
  url: string,
  signal: AbortSignal,
): Promise<{ response: Response; sha256: string | undefined }> {
  let [address, sha256] = [url, undefined as string | undefined]
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    // Compressed bodies have no length that could be compared.
    const headers = { 'accept-encoding': 'identity' }
    const response = await fetch(address, { signal, headers, redirect: 'manual' })
    sha256 ??= /^"?([0-9a-f]{64})"?$/.exec(response.headers.get('x-linked-etag') ?? '')?.[1]
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      address = new URL(location, address).href
    } else if (response.ok && response.body !== null) {
      return { response, sha256 }
    } else {
      await response.body?.cancel()
      throw new Error(`the server answered ${response.status}`)
    }
  }
  throw new Error(`more than ${REDIRECTS_MAX} redirects`)
}

async function save(
  response: Response,
  target: string,
  expected: { sha256: string | undefined; signal: AbortSignal; onBytes: () => void },
): Promise<void> {
  const announced = response.headers.get('content-length')
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      expected.onBytes()
      bytes += chunk.length
      hash.update(chunk)
      done(bytes > FILE_BYTES_MAX ? new Error(`more than ${FILE_BYTES_MAX} bytes`) : null, chunk)
    },
  })
  if (response.body === null) throw new Error('the answer is empty')
  await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(target), {
    signal: expected.signal,
  })
  if (announced !== null && Number(announced) !== bytes)
    throw new Error(`${bytes} bytes came of ${announced}`)
  const found = hash.digest('hex')
  if (expected.sha256 !== undefined && expected.sha256 !== found)
    throw new Error(`its sha256 is ${found}, the hub says ${expected.sha256}`)
}

/** `fetch failed` and `terminated` alone say nothing: the reason stands in the cause. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return cause === undefined ? messageOf(thrown) : `${messageOf(thrown)} (${messageOf(cause)})`
}
