/**
 * Which files the local stack is made of: every one pinned by its sha256 in `artefacts.lock.json`.
 * The path of a file inside a Maven repository is its identity; there is nothing to resolve.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'

export interface LockedFile {
  /** Path below the repository's base URL. */
  readonly path: string
  /** Lower-case hexadecimal. */
  readonly sha256: string
  readonly bytes: number
}

export interface LockedArtefact {
  readonly version: string
  readonly files: readonly LockedFile[]
}

export const ARTEFACT_NAMES = [
  'kafka',
  'registry',
  'redis',
  'lightgbm',
  'xgboost',
  'sentiment-encoder',
] as const
export type ArtefactName = (typeof ARTEFACT_NAMES)[number]
export type ArtefactLock = Readonly<Record<string, LockedArtefact>>

export const LOCK_FILE = join(projectRoot, 'bin', 'stack', 'artefacts.lock.json')

export function readArtefact(name: ArtefactName): LockedArtefact {
  const artefact = (JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as ArtefactLock)[name]
  if (artefact === undefined) throw new Error(`${LOCK_FILE} has no ${name}`)
  return artefact
}

/** Short name of exactly these files: another lock unpacks into another folder. */
export function digestOf(artefact: LockedArtefact): string {
  const hash = createHash('sha256')
  for (const file of artefact.files) hash.update(`${file.path} ${file.sha256}\n`)
  return hash.digest('hex').slice(0, 12)
}
