/** The version in package.json, whether this runs from source or from `dist/`. */
import { existsSync, readFileSync } from 'node:fs'

export function codeVersion(): string {
  const places = ['../package.json', '../../package.json'].map(
    (path) => new URL(path, import.meta.url),
  )
  const file = places.find((place) => existsSync(place))
  return file === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
