/**
 * promtool, prometheus and amtool for the tests: those on the PATH, else those of Debian's packages,
 * fetched by apt (which checks their signatures) and unpacked into the library folder, with nothing
 * installed and no rights needed. Pinned to the version family the rules are written for; a machine
 * that has neither skips the tests that need them, visibly.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from '../../bin/stack/exclusive-lock.ts'
import { findOnPath } from '../../bin/stack/find-on-path.ts'
import { projectRoot } from '../../bin/project-root.ts'

const run = promisify(execFile)

/** Debian 12; security updates change what follows the upstream version. */
const PACKAGES = [
  { name: 'prometheus', version: '2.42.', programs: ['prometheus', 'promtool'] },
  { name: 'prometheus-alertmanager', version: '0.25.', programs: ['amtool'] },
] as const
const FETCH_MS = 120_000
const FOLDER = 'prometheus-tools-2.42-0.25'

export type PrometheusProgram = 'prometheus' | 'promtool' | 'amtool'
export type PrometheusTools = Readonly<Record<PrometheusProgram, string>>

/** @returns nothing where they cannot be had; the reason goes to stderr */
export async function prometheusTools(): Promise<PrometheusTools | undefined> {
  const names = PACKAGES.flatMap(({ programs }) => programs)
  const onPath = names.map((name) => [name, findOnPath(name)] as const)
  if (onPath.every(([, path]) => path !== undefined))
    return Object.fromEntries(onPath) as unknown as PrometheusTools
  const libDir = process.env['CANDLEWIRE_LIB_DIR'] ?? join(projectRoot, '.candlewire', 'lib')
  const folder = join(libDir, FOLDER)
  try {
    if (!existsSync(folder)) {
      await mkdir(libDir, { recursive: true })
      await withLock(
        join(libDir, `${FOLDER}.lock`),
        { timeoutMs: 2 * FETCH_MS, purpose: 'fetching the tools of Prometheus' },
        () => fetchInto(libDir, folder),
      )
    }
  } catch (thrown) {
    console.warn(`Without the tools of Prometheus, tests are skipped: ${String(thrown)}`)
    return undefined
  }
  return Object.fromEntries(
    names.map((name) => [name, join(folder, 'usr', 'bin', name)]),
  ) as unknown as PrometheusTools
}

async function fetchInto(libDir: string, folder: string): Promise<void> {
  if (existsSync(folder)) return
  const staging = await mkdtemp(join(libDir, `${FOLDER}.part-`))
  try {
    const unpacked = join(staging, 'root')
    for (const { name, version } of PACKAGES) {
      await download(name, staging)
      const file = (await readdir(staging)).find((entry) => entry.startsWith(`${name}_`))
      if (file?.startsWith(`${name}_${version}`) !== true)
        throw new Error(`apt offers ${file ?? 'nothing'} and not ${name} ${version}x`)
      await run('dpkg', ['-x', join(staging, file), unpacked], { timeout: FETCH_MS })
    }
    await rename(unpacked, folder)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** A fresh machine has no lists of packages yet. */
async function download(name: string, cwd: string): Promise<void> {
  const options = { cwd, timeout: FETCH_MS }
  try {
    await run('apt-get', ['download', name], options)
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'ENOENT') throw new Error('there is no apt-get')
    await run('apt-get', ['update', '-qq'], options)
    await run('apt-get', ['download', name], options)
  }
}
