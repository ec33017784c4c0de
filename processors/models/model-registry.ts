/**
 * The model registry is a fold over `model-versions.v1`: the newest record per key counts. Trainer
 * and servers keep the same fold, so they agree without asking each other.
 */
import type {
  ModelAlias,
  ModelRegistryEntry,
  ModelStage,
  ModelVersion,
} from '../../schemas/generated.ts'

export interface ModelRegistry {
  /** By `name/version`. */
  readonly versions: Map<string, ModelVersion>
  /** By `name@alias`. */
  readonly aliases: Map<string, ModelAlias>
  /** By `name/version#stage`. */
  readonly stages: Map<string, ModelStage>
}

export const emptyModelRegistry = (): ModelRegistry => ({
  versions: new Map(),
  aliases: new Map(),
  stages: new Map(),
})
export const versionKey = (modelName: string, version: string): string => `${modelName}/${version}`
export const stageKey = (modelName: string, version: string): string =>
  `${versionKey(modelName, version)}#stage`
export const aliasKey = (modelName: string, alias: string): string => `${modelName}@${alias}`

/** Applies one record in topic order. */
export function applyEntry(registry: ModelRegistry, entry: ModelRegistryEntry): void {
  if (entry.version !== null) registry.versions.set(entry.key, entry.version)
  if (entry.alias !== null) registry.aliases.set(entry.key, entry.alias)
  if (entry.stage !== null) registry.stages.set(entry.key, entry.stage)
}

/** The version an alias points to, if both are known. */
export function versionOf(
  registry: ModelRegistry,
  modelName: string,
  alias: string,
): ModelVersion | undefined {
  const target = registry.aliases.get(aliasKey(modelName, alias))
  return target === undefined
    ? undefined
    : registry.versions.get(versionKey(modelName, target.version))
}

/** The next minor version after the highest known one; 1.0.0 for the first. */
export function nextVersion(registry: ModelRegistry, modelName: string): string {
  let highest = -1
  for (const version of registry.versions.values()) {
    if (version.modelName !== modelName) continue
    highest = Math.max(highest, Number(version.version.split('.')[1]))
  }
  return `1.${highest + 1}.0`
}
