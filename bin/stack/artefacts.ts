/**
 * The programs and libraries of the local stack: fetched once, verified against the lock, unpacked
 * into `<libDir>/<name>-<version>-<digest>` by one atomic rename. So a folder that exists is whole,
 * several processes may ask at the same time, and what a killed fetch left is swept by the next.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { fetchFiles, type FetchOptions } from './artefact-fetch.ts'
import { digestOf, readArtefact, type ArtefactName, type LockedArtefact } from './artefact-lock.ts'
import { PLATFORM, RECIPES } from './artefact-recipes.ts'
import { withLock } from './exclusive-lock.ts'
import { silent } from './progress.ts'

type Place = Pick<Config, 'libDir' | 'mavenRepositoryUrl'>

/** Another process may be fetching the same over a slow line. */
const LOCK_TIMEOUT_MS = 30 * 60_000

/**
 * Makes sure an artefact is there and returns the path to use: the folder of Kafka's jars, the
 * registry's runner jar, the Redis binary, LightGBM's or XGBoost's shared library, the folder of the text encoder.
 *
 * @throws CandlewireError DOWNLOAD_FAILED, CHECKSUM_MISMATCH, or REQUIREMENT_MISSING on a platform
 *   for which there is no binary
 */
export async function ensureArtefact(
  place: Place,
  name: ArtefactName,
  options: FetchOptions = {},
): Promise<string> {
  const artefact = readArtefact(name)
  const folder = artefactFolder(place, name)
  const entry = join(folder, RECIPES[name].entry())
  if (existsSync(folder)) return entry
  const progress = options.onProgress ?? silent
  await withLock(
    join(place.libDir, `${name}.lock`),
    {
      timeoutMs: LOCK_TIMEOUT_MS,
      purpose: `fetching ${name}`,
      onWait: (holder) =>
        progress({ subject: name, phase: `waiting for another process: ${holder}` }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    async () => {
      if (!existsSync(folder)) await install(place, name, artefact, folder, options)
    },
  )
  return entry
}

/** Where exactly these files are unpacked; a folder that exists was whole when it was made. */
export function artefactFolder(place: Pick<Config, 'libDir'>, name: ArtefactName): string {
  const artefact = readArtefact(name)
  return join(place.libDir, `${name}-${artefact.version}-${digestOf(artefact)}-${PLATFORM}`)
}

/** Whether nothing has to be fetched any more. */
export const isInstalled = (place: Pick<Config, 'libDir'>, name: ArtefactName): boolean =>
  existsSync(artefactFolder(place, name))

/** Runs under the artefact's lock, so anything half done is left over from a process that is dead. */
async function install(
  place: Place,
  name: ArtefactName,
  artefact: LockedArtefact,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const downloads = join(place.libDir, `${name}.downloads`)
  const scratch = `${name}.scratch-`
  for (const leftover of (await readdir(place.libDir)).filter((entry) =>
    entry.startsWith(scratch),
  )) {
    await rm(join(place.libDir, leftover), { recursive: true, force: true })
  }
  // New names each time: a Maven whose caller was killed may still be writing to the old ones.
  const staging = await mkdtemp(join(place.libDir, scratch))
  const maven = await mkdtemp(join(place.libDir, scratch))
  await fetchFiles(
    {
      name,
      files: artefact.files,
      downloads,
      scratch: maven,
      repositoryUrl: place.mavenRepositoryUrl,
    },
    options,
  )
  options.onProgress?.({ subject: name, phase: 'unpacking' })
  await RECIPES[name].unpack(
    artefact.files.map((file) => join(downloads, file.path)),
    staging,
  )
  await chmod(staging, 0o755)
  await rename(staging, folder)
  for (const leftover of [downloads, maven]) await rm(leftover, { recursive: true, force: true })
}
