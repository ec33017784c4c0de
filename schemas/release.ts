/**
 * `npx tsx schemas/release.ts`: keeps a copy of every schema that was not released yet, as the next
 * number in `released/<schema>/`. Refuses a schema that cannot read what was released before;
 * `--baseline` forgets all earlier versions first, which is right only while nobody has data.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { incompatibility } from './compatibility.ts'

const folder = import.meta.dirname

export interface ReleasedSchema {
  readonly version: number
  readonly text: string
}

/** The schema files, without folder. */
export const schemaFiles = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.avsc'))
    .sort()

const releasedFolder = (file: string): string =>
  join(folder, 'released', file.replace(/\.avsc$/, ''))

/** Released versions of a schema file, oldest first. */
export function releasedVersions(file: string): ReleasedSchema[] {
  const versions = releasedFolder(file)
  if (!existsSync(versions)) return []
  return readdirSync(versions)
    .map((name) => ({
      version: Number(name.replace('.avsc', '')),
      text: readFileSync(join(versions, name), 'utf8'),
    }))
    .sort((a, b) => a.version - b.version)
}

function release(file: string): string {
  const text = readFileSync(join(folder, file), 'utf8')
  const released = releasedVersions(file)
  const newest = released.at(-1)
  if (newest?.text === text) return `${file}: version ${newest.version}, unchanged`
  for (const { version, text: writer } of released) {
    const fault = incompatibility(JSON.parse(text), JSON.parse(writer))
    if (fault !== undefined)
      throw new Error(`${file} cannot read what version ${version} wrote: ${fault}`)
  }
  const version = (newest?.version ?? 0) + 1
  mkdirSync(releasedFolder(file), { recursive: true })
  writeFileSync(join(releasedFolder(file), `${version}.avsc`), text)
  return `${file}: released as version ${version}`
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--baseline'))
    rmSync(join(folder, 'released'), { recursive: true, force: true })
  for (const file of schemaFiles()) console.log(release(file))
}
