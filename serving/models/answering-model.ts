/** Which loaded model answers a request, and what has to be said with its answer. */
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { ModelFleet } from './model-fleet.ts'
import type { Role } from './route-table.ts'
import { answeringRoute } from './traffic-split.ts'

export interface Asked {
  readonly modelName: string
  /** Unset: the routing decides. */
  readonly modelVersion?: string | undefined
  /** What the routing sticks to: an instrument, or whatever the client gives. */
  readonly key: string
}

export interface Answering {
  readonly loaded: LoadedModel
  /** `standby`: loaded and asked for by version, without a role. */
  readonly role: Role | 'standby'
  /** What the reader must know before acting on the answer; null if nothing. */
  readonly warning: string | null
}

/**
 * Take hold of the model in the same turn, see {@link LoadedModel}.
 * @throws CandlewireError NO_MODEL, or NOT_FOUND for a version that is not loaded here.
 */
export function answeringModel(fleet: ModelFleet, asked: Asked): Answering {
  const { modelName, modelVersion, key } = asked
  const routes = fleet.table.get(modelName) ?? []
  if (modelVersion !== undefined) {
    const loaded = fleet
      .versionsOf(modelName)
      .find(({ version }) => version.version === modelVersion)
    if (loaded === undefined) throw notLoaded(fleet, asked)
    const role = routes.find((route) => route.loaded === loaded)?.role ?? 'standby'
    return { loaded, role, warning: warningOf(role, loaded.version) }
  }
  const route = answeringRoute(modelName, routes, key)
  if (route === undefined) throw noModel(fleet, modelName)
  const { role, loaded } = route
  return { loaded, role, warning: warningOf(role, loaded.version) }
}

/** What is to be said of a version that answers in a role; null if nothing is. */
export function warningOf(role: Role | 'standby', version: ModelVersion): string | null {
  const name = `${version.modelName}/${version.version}`
  if (role === 'shadow')
    return `There is no champion: no version has passed the promotion gate. ${name} is a shadow, scored to be watched and not to be acted on.`
  if (role === 'standby') return `${name} is loaded but has no role now.`
  if (version.gate?.passed === false)
    return `${name} is ${role} by a decision from outside: it has not passed the promotion gate.`
  if (!version.beatsZeroForecast)
    return `${name} does not beat the zero-return forecast on validation and test.`
  return null
}

function noModel(fleet: ModelFleet, modelName: string): CandlewireError {
  const others = [...fleet.table].filter(([, routes]) => routes.length > 0).map(([name]) => name)
  const hint = others.length === 0 ? '' : `; there are models of ${others.join(', ')}`
  return new CandlewireError(
    'NO_MODEL',
    fleet.isRecovering(modelName)
      ? `The model ${modelName} is being loaded again`
      : `No model is live yet under the name ${modelName}${hint}`,
  )
}

function notLoaded(fleet: ModelFleet, { modelName, modelVersion }: Asked): CandlewireError {
  const loaded = fleet.versionsOf(modelName).map(({ version }) => version.version)
  return new CandlewireError(
    'NOT_FOUND',
    `${modelName}/${modelVersion} is not loaded here; loaded are ${loaded.length === 0 ? 'none' : loaded.join(', ')}`,
  )
}
