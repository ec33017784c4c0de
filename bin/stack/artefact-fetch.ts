/** Gets the files of an artefact, through Maven or by HTTPS, and lets none pass that is not the pinned one. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { ArtefactName, LockedFile } from './artefact-lock.ts'
import { download } from './download.ts'
import { fetchWithMaven, findMaven } from './maven.ts'
import { silent, type OnProgress } from './progress.ts'

export interface FetchOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** For tests: as if Maven were not installed. */
  readonly withoutMaven?: true
}

export interface FetchJob {
  readonly name: ArtefactName
  readonly files: readonly LockedFile[]
  /** Where verified files go, under their repository paths; what is there already is kept. */
  readonly downloads: string
  /** Empty folder for Maven to work in. */
  readonly scratch: string
  readonly repositoryUrl: Config['mavenRepositoryUrl']
}

const PARALLEL_DOWNLOADS = 4

/** @throws CandlewireError DOWNLOAD_FAILED or CHECKSUM_MISMATCH */
export async function fetchFiles(job: FetchJob, options: FetchOptions): Promise<void> {
  const missing = await missingOf(job.files, job.downloads)
  if (missing.length === 0) return
  const mvn = options.withoutMaven === true ? undefined : findMaven()
  if (mvn === undefined || !(await throughMaven(mvn, job, missing, options))) {
    await overHttps(job, missing, options)
  }
}

/** @returns false if Maven cannot do it, whatever the reason: plain HTTPS is tried then */
async function throughMaven(
  mvn: string,
  job: FetchJob,
  files: readonly LockedFile[],
  options: FetchOptions,
): Promise<boolean> {
  const { name: subject, scratch } = job
  const progress = options.onProgress ?? silent
  const phase = `fetching ${files.length} files (${megabytes(files)} MB) through Maven`
  progress({ subject, phase })
  try {
    const onFile = (count: number) =>
      progress({ subject, phase, detail: `${count} of ${files.length} downloaded` })
    await fetchWithMaven(mvn, files, scratch, onFile, options.signal)
  } catch (thrown) {
    options.signal?.throwIfAborted()
    if (!(thrown instanceof CandlewireError)) throw thrown
    progress({
      subject,
      phase: `Maven could not fetch it (${messageOf(thrown).slice(0, 200)}); trying plain HTTPS`,
    })
    return false
  }
  for (const file of files)
    await accept(join(scratch, file.path), file, join(job.downloads, file.path))
  return true
}

async function overHttps(
  job: FetchJob,
  files: readonly LockedFile[],
  options: FetchOptions,
): Promise<void> {
  const phase = `downloading from ${new URL(job.repositoryUrl).host}`
  const total = megabytes(files)
  let received = 0
  const onBytes = (count: number) => {
    received += count
    options.onProgress?.({
      subject: job.name,
      phase,
      detail: `${Math.round(received / 1e6)} of ${total} MB`,
    })
  }
  const queue = [...files]
  // The first failure stops the others.
  const failure = new AbortController()
  const signal = AbortSignal.any([
    failure.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ])
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await download(job.repositoryUrl, file, join(job.downloads, file.path), { onBytes, signal })
    }
  }
  const workers = Array.from({ length: PARALLEL_DOWNLOADS }, () =>
    worker().catch((thrown: unknown) => {
      failure.abort(thrown)
      throw thrown
    }),
  )
  await Promise.allSettled(workers)
  await Promise.all(workers)
}

/** Files that are not there yet whole: what an earlier attempt completed is kept. */
async function missingOf(files: readonly LockedFile[], folder: string): Promise<LockedFile[]> {
  const missing: LockedFile[] = []
  for (const file of files) {
    const path = join(folder, file.path)
    if (!existsSync(path) || (await sha256Of(path)) !== file.sha256) missing.push(file)
  }
  return missing
}

async function accept(path: string, file: LockedFile, target: string): Promise<void> {
  const found = existsSync(path) ? await sha256Of(path) : 'none, the file is missing'
  if (found !== file.sha256) {
    throw new CandlewireError(
      'CHECKSUM_MISMATCH',
      `${file.path} from Maven's repository has sha256 ${found}, pinned is ${file.sha256}`,
    )
  }
  await mkdir(dirname(target), { recursive: true })
  await rename(path, target)
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const megabytes = (files: readonly LockedFile[]): number =>
  Math.max(1, Math.round(files.reduce((sum, file) => sum + file.bytes, 0) / 1e6))
