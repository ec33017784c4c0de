/** The version of this project, from source and from what was built. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export function packageVersion(): string {
  const places = ['../package.json', '../../package.json'].map((path) =>
    join(import.meta.dirname, path),
  )
  const file = places.find((path) => existsSync(path))
  return file === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
