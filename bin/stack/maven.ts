/**
 * Fetching through an installed Maven, which knows this machine's mirrors, proxies and credentials.
 * One run for all missing files; they are copied to a folder of ours and verified there.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { LockedFile } from './artefact-lock.ts'
import { findOnPath } from './find-on-path.ts'

/** A first run downloads Maven's own plugins besides our files: about 40 s on a good line. */
const TIMEOUT_MS = 15 * 60_000
/** Pinned: 3.1 to 3.9 insist on reading descriptors even to copy one file, see `pomOf`. */
const PLUGIN_VERSION = '3.10.0'

export const findMaven = (): string | undefined => findOnPath('mvn')

/**
 * Copies `files` into `folder`, which afterwards has them under their repository paths.
 *
 * @param onFile called with the number of files Maven has downloaded so far; ones it had are not counted
 * @throws CandlewireError DOWNLOAD_FAILED with the last line Maven said
 */
export async function fetchWithMaven(
  mvn: string,
  files: readonly LockedFile[],
  folder: string,
  onFile: (count: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const pom = join(folder, 'pom.xml')
  await writeFile(pom, pomOf(files, folder))
  const child = spawn(mvn, ['-B', '-f', pom, 'dependency:copy'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
    killSignal: 'SIGKILL',
  })
  let [count, lastError] = [0, '']
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^Downloaded from .*\.(jar|tar\.gz) /.test(line)) onFile(++count)
    if (line.startsWith('[ERROR]') && lastError === '') lastError = line.slice(8)
  })
  child.stderr.resume()
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).catch((thrown: unknown) => {
    throw new CandlewireError('DOWNLOAD_FAILED', `Maven cannot be run: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  })
  if (code !== 0)
    throw new CandlewireError(
      'DOWNLOAD_FAILED',
      `Maven ended with ${code ?? 'a signal'}: ${lastError}`,
    )
}

interface Coordinates {
  readonly group: string
  readonly artifact: string
  readonly version: string
  readonly classifier: string | undefined
  readonly type: string
}

/** Reads `group/as/folders/artifact/version/artifact-version[-classifier].type`. */
export function coordinatesOf(file: Pick<LockedFile, 'path'>): Coordinates {
  const parts = file.path.split('/')
  const [artifact, version, name] = parts.slice(-3)
  const stem = `${artifact}-${version}`
  if (artifact !== undefined && version !== undefined && name?.startsWith(stem) === true) {
    const [, classifier, type] = /^(?:-([^.]+))?\.(.+)$/.exec(name.slice(stem.length)) ?? []
    if (type !== undefined)
      return { group: parts.slice(0, -3).join('.'), artifact, version, classifier, type }
  }
  throw new Error(`Not a path of a Maven repository: ${file.path}`)
}

/**
 * A project whose build copies exactly these files to their repository paths below `folder`. Items
 * to copy instead of dependencies: Maven then reads no descriptors, of which one (the registry's)
 * names a parent that was never published.
 */
function pomOf(files: readonly LockedFile[], folder: string): string {
  const items = files.map((file) => {
    const { group, artifact, version, classifier, type } = coordinatesOf(file)
    return `<artifactItem><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
<type>${type}</type>${classifier === undefined ? '' : `<classifier>${classifier}</classifier>`}
<outputDirectory>${join(folder, dirname(file.path))}</outputDirectory></artifactItem>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>candlewire</groupId><artifactId>artefacts</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin>
<groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>${PLUGIN_VERSION}</version>
<configuration><artifactItems>
${items.join('\n')}
</artifactItems></configuration>
</plugin></plugins></build></project>
`
}
