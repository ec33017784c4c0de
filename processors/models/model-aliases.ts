/**
 * The names under which servers find versions. Champion and challenger share the traffic, their
 * weights make up 1; a shadow is scored beside them and answers only where there is no champion.
 */
import { aliasKey, type ModelRegistry } from './model-registry.ts'
import type { Stage } from './model-stages.ts'

export const ALIASES = ['champion', 'challenger', 'shadow'] as const
export type Alias = (typeof ALIASES)[number]

const isAlias = (text: string): text is Alias => (ALIASES as readonly string[]).includes(text)

/** Stages a version may have while an alias points to it. */
export const STAGES_OF_ALIAS: Readonly<Record<Alias, readonly Stage[]>> = {
  champion: ['production'],
  challenger: ['staging', 'production'],
  shadow: ['staging', 'production'],
}

/** Version of an alias that was taken away: compaction keeps the newest record of a key, so it says so. */
export const NO_VERSION = ''

export interface AliasTarget {
  readonly alias: string
  readonly version: string
  /** Share of traffic, 0 to 1. */
  readonly weight: number
}

/** What an alias points to; undefined where it was never set or was taken away. */
export function aliasTarget(
  registry: ModelRegistry,
  modelName: string,
  alias: string,
): AliasTarget | undefined {
  const target = registry.aliases.get(aliasKey(modelName, alias))
  return target === undefined || target.version === NO_VERSION ? undefined : target
}

/** All that point somewhere, champion first. */
export function aliasesOf(registry: ModelRegistry, modelName: string): AliasTarget[] {
  const order = (alias: string): number =>
    isAlias(alias) ? ALIASES.indexOf(alias) : ALIASES.length
  return [...registry.aliases.values()]
    .filter((target) => target.modelName === modelName && target.version !== NO_VERSION)
    .sort((a, b) => order(a.alias) - order(b.alias))
}

/** The names that point to one version. */
export const aliasesOfVersion = (
  registry: ModelRegistry,
  modelName: string,
  version: string,
): string[] =>
  aliasesOf(registry, modelName)
    .filter((target) => target.version === version)
    .map(({ alias }) => alias)
