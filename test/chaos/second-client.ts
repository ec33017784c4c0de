/**
 * Another client library has the last word: kcat (librdkafka) reads every topic with read_committed
 * and has to find the same offsets and sizes. One from the PATH, else that of Debian's packages,
 * fetched by apt (which checks their signatures) and unpacked into the library folder.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from '../../bin/stack/exclusive-lock.ts'
import { findOnPath } from '../../bin/stack/find-on-path.ts'
import type { Config } from '../../streams/config.ts'
import type { RawPartition } from './published-state.ts'

const run = promisify(execFile)
const FOLDER = 'kcat-1.7'
const PACKAGES = ['kcat', 'librdkafka1', 'libyajl2']
const FETCH_MS = 120_000
const READ_MS = 120_000
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024

export interface Kcat {
  readonly path: string
  readonly libraries: string | undefined
}

/** @returns nothing where it cannot be had; the reason is given to `say` */
export async function findKcat(
  libDir: string,
  say: (line: string) => void,
): Promise<Kcat | undefined> {
  const onPath = findOnPath('kcat')
  if (onPath !== undefined) return { path: onPath, libraries: undefined }
  const folder = join(libDir, FOLDER)
  try {
    await mkdir(libDir, { recursive: true })
    const options = { timeoutMs: 2 * FETCH_MS, purpose: 'fetching kcat' }
    if (!existsSync(folder))
      await withLock(join(libDir, `${FOLDER}.lock`), options, () => fetchInto(libDir, folder))
    const libraries = (await readdir(join(folder, 'usr', 'lib'))).map((name) =>
      join(folder, 'usr', 'lib', name),
    )
    return { path: join(folder, 'usr', 'bin', 'kcat'), libraries: libraries.join(':') }
  } catch (thrown) {
    say(`kcat cannot be had, so no second client confirms the counts: ${String(thrown)}`)
    return undefined
  }
}

async function fetchInto(libDir: string, folder: string): Promise<void> {
  if (existsSync(folder)) return
  const staging = await mkdtemp(join(libDir, `${FOLDER}.part-`))
  try {
    const unpacked = join(staging, 'root')
    await run('apt-get', ['download', ...PACKAGES], { cwd: staging, timeout: FETCH_MS })
    for (const file of (await readdir(staging)).filter((name) => name.endsWith('.deb')))
      await run('dpkg', ['-x', join(staging, file), unpacked], { timeout: FETCH_MS })
    await rename(unpacked, folder)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** What it finds different from our own reading of the log. */
export async function kcatFaults(
  kcat: Kcat,
  config: Pick<Config, 'kafkaBrokers'>,
  raw: readonly RawPartition[],
): Promise<string[]> {
  const faults: string[] = []
  for (const { topic, partition, records, sha256 } of raw) {
    const { stdout } = await run(
      kcat.path,
      [
        ...['-b', config.kafkaBrokers, '-C', '-q', '-e', '-t', topic, '-p', String(partition)],
        ...['-o', 'beginning', '-X', 'isolation.level=read_committed', '-f', '%o %S\n'],
      ],
      {
        timeout: READ_MS,
        maxBuffer: OUTPUT_BYTES_MAX,
        ...(kcat.libraries === undefined
          ? {}
          : { env: { ...process.env, LD_LIBRARY_PATH: kcat.libraries } }),
      },
    )
    const found = stdout.split('\n').length - 1
    if (createHash('sha256').update(stdout).digest('hex') !== sha256)
      faults.push(
        `kcat: ${topic}/${partition} has ${found} records, ours ${records}, or other ones`,
      )
  }
  return faults
}
