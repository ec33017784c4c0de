/**
 * Which version should be live, given the registry. The champion, unless it was refused; and where
 * nothing is live (a server that starts while the champion is bad), the newest version before it
 * that was not refused, since that is what the other servers still run.
 */
import type { ModelVersion } from '../../schemas/generated.ts'
import {
  versionKey,
  versionOf,
  type ModelRegistry,
} from '../../processors/models/model-registry.ts'

/** A version record and the file it points to; a version that is published anew is another one. */
export const identityOf = (version: ModelVersion): string =>
  `${version.modelName}/${version.version}#${version.artifactSha256}@${version.artifactOffset}`

/** How far back a server without a model goes along `parent`. */
const ANCESTORS_MAX = 5

export interface Choice {
  readonly registry: ModelRegistry
  readonly modelName: string
  /** Identities that failed verification. */
  readonly refused: ReadonlySet<string>
  readonly live: ModelVersion | undefined
  /** What was live before its thread died. */
  readonly previous: ModelVersion | undefined
}

/** @returns the version to load now, or undefined if nothing is to be done. */
export function versionToLoad(choice: Choice): ModelVersion | undefined {
  const champion = versionOf(choice.registry, choice.modelName, 'champion')
  if (champion === undefined) return undefined
  const usable = (version: ModelVersion): boolean => !choice.refused.has(identityOf(version))
  if (usable(champion)) {
    const isLive = choice.live !== undefined && identityOf(choice.live) === identityOf(champion)
    return isLive ? undefined : champion
  }
  if (choice.live !== undefined) return undefined
  if (choice.previous !== undefined && usable(choice.previous)) return choice.previous
  return ancestors(choice.registry, champion).find(usable)
}

function ancestors(registry: ModelRegistry, version: ModelVersion): ModelVersion[] {
  const found: ModelVersion[] = []
  let next: ModelVersion | undefined = version
  while (found.length < ANCESTORS_MAX) {
    const parent: string | null = next.parent
    next =
      parent === null ? undefined : registry.versions.get(versionKey(version.modelName, parent))
    if (next === undefined || found.includes(next) || next === version) break
    found.push(next)
  }
  return found
}
