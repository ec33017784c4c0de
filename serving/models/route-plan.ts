/**
 * Which version should have which role, given the registry. An alias says it, unless its version was
 * refused: then a champion goes on as it was, or, where nothing was live, the newest version before
 * it that was not refused takes its place, since that is what the other servers still run. A
 * challenger or a shadow that was refused is left out.
 */
import type { ModelAlias, ModelVersion } from '../../schemas/generated.ts'
import { aliasTarget } from '../../processors/models/model-aliases.ts'
import { versionKey, type ModelRegistry } from '../../processors/models/model-registry.ts'
import { ROLES, type Role } from './route-table.ts'

/** A version record and the file it points to; a version that is published anew is another one. */
export const identityOf = (version: ModelVersion): string =>
  `${version.modelName}/${version.version}#${version.artifactSha256}@${version.artifactOffset}`

/** How far back a champion that was refused is looked for along `parent`. */
const ANCESTORS_MAX = 5

export interface PlannedRoute {
  readonly modelName: string
  readonly role: Role
  readonly weight: number
  readonly version: ModelVersion
}

export interface PlanInputs {
  readonly registry: ModelRegistry
  /** Whether this server answers with a model at all. */
  readonly isServed: (modelName: string) => boolean
  /** Comes first where not all can be loaded. */
  readonly defaultModel: string
  readonly isRefused: (version: ModelVersion) => boolean
  /** The champion this server had last, live or not. */
  readonly lastChampion: (modelName: string) => ModelVersion | undefined
  /** Versions that may be loaded at a time. */
  readonly versionsMax: number
}

export interface RoutePlan {
  /** The most important first: champions, then shadows, then challengers, the default model ahead. */
  readonly routes: readonly PlannedRoute[]
  /** What had no room. */
  readonly leftOut: readonly PlannedRoute[]
}

/** A challenger whose model has no room besides champion and shadow is the least loss. */
const IMPORTANCE: Readonly<Record<Role, number>> = { champion: 0, shadow: 1, challenger: 2 }

export function planRoutes(inputs: PlanInputs): RoutePlan {
  const { registry, defaultModel, versionsMax } = inputs
  const names = new Set([...registry.aliases.values()].map(({ modelName }) => modelName))
  const wanted = [...names]
    .filter(inputs.isServed)
    .flatMap((name) => ROLES.flatMap((role) => plannedRoute(inputs, name, role) ?? []))
    .sort(
      (a, b) =>
        IMPORTANCE[a.role] - IMPORTANCE[b.role] ||
        Number(b.modelName === defaultModel) - Number(a.modelName === defaultModel) ||
        (a.modelName < b.modelName ? -1 : 1),
    )
  const taken = new Set<string>()
  const routes: PlannedRoute[] = []
  const leftOut: PlannedRoute[] = []
  for (const route of wanted) {
    const identity = identityOf(route.version)
    if (!taken.has(identity) && taken.size >= versionsMax) leftOut.push(route)
    else routes.push(route)
    if (taken.size < versionsMax) taken.add(identity)
  }
  return { routes, leftOut }
}

function plannedRoute(inputs: PlanInputs, modelName: string, role: Role): PlannedRoute | undefined {
  const alias = aliasTarget(inputs.registry, modelName, role)
  if (alias === undefined) return undefined
  const version = usableVersion(inputs, modelName, role, alias.version)
  if (version === undefined) return undefined
  const weight = role === 'champion' ? 1 : role === 'shadow' ? 0 : shareOf(alias)
  return { modelName, role, weight, version }
}

const shareOf = ({ weight }: Pick<ModelAlias, 'weight'>): number =>
  Number.isFinite(weight) ? Math.min(1, Math.max(0, weight)) : 0

function usableVersion(
  { registry, isRefused, lastChampion }: PlanInputs,
  modelName: string,
  role: Role,
  target: string,
): ModelVersion | undefined {
  const version = registry.versions.get(versionKey(modelName, target))
  const last = role === 'champion' ? lastChampion(modelName) : undefined
  const usable = (candidate: ModelVersion | undefined): candidate is ModelVersion =>
    candidate !== undefined && !isRefused(candidate)
  if (usable(version)) return version
  if (role !== 'champion') return undefined
  if (usable(last)) return last
  return version === undefined ? undefined : ancestors(registry, version).find(usable)
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
