/**
 * The files of a data set on this machine: those that are here are verified, the others fetched, four
 * at a time, into `CACHE/NAME/`.
 *
 * Beside each file stands `FILE.source.json`: where it came from and the sha256 it had when it was
 * first fetched. A file that no longer has it was changed here and is fetched again; a server that
 * sends another one later is told, and nothing replaced: a data set must not change under a result.
 */
import { mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from 'undici'
import { CandlewireError } from '../errors.ts'
import type { Dataset } from './catalogue.ts'
import { fetchFile, FileMissing, type FetchedFile, type FetchOptions } from './fetch-file.ts'
import { keepSource, sourceOf, sourcePathOf, type FileSource } from './file-source.ts'
import { withMonth } from './months.ts'
import { sha256File } from './sha256-file.ts'

const FILES_AT_ONCE = 4
const CONNECT_MS = 10_000
/** Longest time without a byte. */
const SILENCE_MS = 30_000

export interface DatasetFile {
  readonly month: string
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** Whether it was fetched by this call. */
  readonly fetched: boolean
}

export interface DatasetOptions {
  readonly cacheDir: string
  readonly signal: AbortSignal
  /** @param files files that are here, @param bytes fetched so far */
  readonly onProgress: (files: number, bytes: number) => void
  /** The last months may not be published yet: they are left out instead of failing. */
  readonly mayEndEarly: boolean
  /** Shorter waits and a full disk, in tests. */
  readonly fetching?: Partial<Pick<FetchOptions, 'backOff' | 'openFile'>> & {
    readonly silenceMs?: number
  }
}

export const pathOf = (cacheDir: string, dataset: Dataset, month: string): string =>
  join(cacheDir, dataset.name, withMonth(dataset.file, month))

/**
 * Ordered by month.
 * @throws CandlewireError DATASET_UNAVAILABLE, CHECKSUM_MISMATCH, DISK_FULL; what is complete is kept
 */
export async function fetchDataset(
  dataset: Dataset,
  months: readonly string[],
  options: DatasetOptions,
): Promise<DatasetFile[]> {
  const { cacheDir, onProgress, fetching = {} } = options
  const { silenceMs = SILENCE_MS, ...overrides } = fetching
  await mkdir(join(cacheDir, dataset.name), { recursive: true })
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connections: FILES_AT_ONCE,
  })
  const stopping = new AbortController()
  const stop = () => stopping.abort(options.signal.reason)
  options.signal.addEventListener('abort', stop)
  if (options.signal.aborted) stop()
  const files = new Map<string, DatasetFile | FileMissing>()
  let bytes = 0
  const common: FetchOptions = {
    ...overrides,
    dispatcher,
    signal: stopping.signal,
    bytesMax: dataset.bytesMax,
    onBytes(count) {
      bytes += count
      onProgress(files.size, bytes)
    },
  }
  const waiting = [...months]
  const worker = async () => {
    for (let month = waiting.shift(); month !== undefined; month = waiting.shift()) {
      stopping.signal.throwIfAborted()
      files.set(month, await fileOf(dataset, month, cacheDir, common, options.mayEndEarly))
      onProgress(files.size, bytes)
    }
  }
  try {
    const workers = Array.from({ length: FILES_AT_ONCE }, () =>
      worker().catch((thrown: unknown) => {
        stopping.abort(thrown)
        throw thrown
      }),
    )
    await Promise.allSettled(workers)
    await Promise.all(workers)
  } catch (thrown) {
    options.signal.throwIfAborted()
    throw withState(
      stopping.signal.reason ?? thrown,
      dataset,
      countOf(files),
      months.length,
      cacheDir,
    )
  } finally {
    options.signal.removeEventListener('abort', stop)
    await dispatcher.destroy()
  }
  return presentOf(dataset, months, files)
}

/** @returns FileMissing instead of throwing it where the data set may end before this month */
async function fileOf(
  dataset: Dataset,
  month: string,
  cacheDir: string,
  options: FetchOptions,
  mayBeMissing: boolean,
): Promise<DatasetFile | FileMissing> {
  const path = pathOf(cacheDir, dataset, month)
  const source = await sourceOf(path)
  const here = await hereOf(path)
  const known = dataset.sha256[month] ?? source?.sha256
  if (here !== undefined && (known === undefined || known === here.sha256)) {
    // Brought from another machine: from now on it must stay what it is.
    if (source === undefined) await keepSource(path, { url: 'brought by hand', ...here })
    return { month, path, ...here, fetched: false }
  }
  try {
    const fetched = await fetchFile(
      {
        urls: dataset.urls.map((url) => withMonth(url, month)),
        target: path,
        sha256: dataset.sha256[month],
        checksumSuffix: dataset.checksumSuffix,
      },
      options,
    )
    await refuseAnother(path, fetched, source)
    if (source === undefined) await keepSource(path, fetched)
    const { sha256, bytes } = fetched
    return { month, path, sha256, bytes, fetched: true }
  } catch (thrown) {
    if (thrown instanceof FileMissing && mayBeMissing) return thrown
    throw thrown
  }
}

/** What was fetched under this name before was another file: it is set aside, not used. */
async function refuseAnother(
  path: string,
  { url, sha256 }: FetchedFile,
  source: FileSource | undefined,
): Promise<void> {
  if (source === undefined || source.sha256 === sha256) return
  await rename(path, `${path}.other`)
  throw new CandlewireError(
    'CHECKSUM_MISMATCH',
    `${url} is not the file it was on ${source.fetchedAt.slice(0, 10)}: sha256 ${sha256}, then ${source.sha256}. ` +
      `The new one is kept as ${path}.other; to accept what is there now, delete ${sourcePathOf(path)}`,
  )
}

/** Missing months count as not published only where nothing comes after them. */
function presentOf(
  dataset: Dataset,
  months: readonly string[],
  files: ReadonlyMap<string, DatasetFile | FileMissing>,
): DatasetFile[] {
  const present: DatasetFile[] = []
  let missing: FileMissing | undefined
  for (const month of months) {
    const file = files.get(month)
    if (file === undefined || file instanceof FileMissing) missing ??= file
    else if (missing !== undefined) throw missing
    else present.push(file)
  }
  if (present.length === 0 && missing !== undefined) throw missing
  if (present.length === 0)
    throw new CandlewireError('NOT_FOUND', `${dataset.name} has nothing of these months`)
  return present
}

const countOf = (files: ReadonlyMap<string, DatasetFile | FileMissing>): number =>
  [...files.values()].filter((file) => !(file instanceof FileMissing)).length

/** Says besides what failed how far it came. */
function withState(
  thrown: unknown,
  { name }: Dataset,
  here: number,
  wanted: number,
  cacheDir: string,
): unknown {
  if (!(thrown instanceof CandlewireError)) return thrown
  const state = `${here} of ${wanted} files of ${name} are in ${join(cacheDir, name)}`
  return new CandlewireError(thrown.code, `${thrown.message}. ${state}`, {
    cause: thrown.cause,
    details: { ...thrown.details },
  })
}

async function hereOf(path: string): Promise<{ sha256: string; bytes: number } | undefined> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  return isFile ? sha256File(path) : undefined
}
