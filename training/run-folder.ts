/** A folder for the spool of one run, removed at its end; what killed runs left is removed first. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** @param dataDir data directory of the local stack: the spool may be larger than a temporary folder. */
export async function createRunFolder(dataDir: string): Promise<string> {
  const parent = join(dataDir, 'training')
  await mkdir(parent, { recursive: true })
  for (const name of await readdir(parent)) {
    const pid = Number(/^run-(\d+)-/.exec(name)?.[1])
    if (Number.isInteger(pid) && !isAlive(pid)) await removeRunFolder(join(parent, name))
  }
  return mkdtemp(join(parent, `run-${process.pid}-`))
}

export const removeRunFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true })

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
