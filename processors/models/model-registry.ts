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

/** What a caller of a model relies on: what it reads, what it answers, and how far ahead. */
type Contract = Pick<
  ModelVersion,
  'modelName' | 'featureSetFingerprint' | 'objective' | 'horizonMinutes'
>

const numbersOf = (version: string): number[] => version.split('.').map(Number)

/** For sorting: by number, part by part. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let part = 0; part < 3; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The versions of a name, oldest number first. */
export const versionsOf = (registry: ModelRegistry, modelName: string): ModelVersion[] =>
  [...registry.versions.values()]
    .filter((version) => version.modelName === modelName)
    .sort((a, b) => compareVersions(a.version, b.version))

/**
 * The version after the highest known one: the next minor of the same contract, the next major where
 * features, objective or horizon are others than the highest one's; 1.0.0 for the first.
 */
export function nextVersion(registry: ModelRegistry, contract: Contract): string {
  const highest = versionsOf(registry, contract.modelName).at(-1)
  if (highest === undefined) return '1.0.0'
  const [major = 1, minor = 0] = numbersOf(highest.version)
  const isSame =
    highest.featureSetFingerprint === contract.featureSetFingerprint &&
    highest.objective === contract.objective &&
    highest.horizonMinutes === contract.horizonMinutes
  return isSame ? `${major}.${minor + 1}.0` : `${major + 1}.0.0`
}
