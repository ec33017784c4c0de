/** The records of `model-versions.v1` and `model-events.v1`: each kind sets its own fields and leaves the rest null. */
import type {
  ModelAlias,
  ModelEvent,
  ModelRegistryEntry,
  ModelStage,
  ModelVersion,
} from '../../schemas/generated.ts'
import { aliasKey, stageKey, versionKey } from './model-registry.ts'

export const versionEntry = (version: ModelVersion, eventTimeMs: number): ModelRegistryEntry => ({
  key: versionKey(version.modelName, version.version),
  eventTimeMs,
  version,
  alias: null,
  stage: null,
})

export const aliasEntry = (alias: ModelAlias, eventTimeMs: number): ModelRegistryEntry => ({
  key: aliasKey(alias.modelName, alias.alias),
  eventTimeMs,
  version: null,
  alias,
  stage: null,
})

export const stageEntry = (stage: ModelStage, eventTimeMs: number): ModelRegistryEntry => ({
  key: stageKey(stage.modelName, stage.version),
  eventTimeMs,
  version: null,
  alias: null,
  stage,
})

type Required = 'modelName' | 'version' | 'eventTimeMs' | 'kind' | 'actor' | 'reason'

/** An event of a transition; what is not about a stage or an alias leaves those fields out. */
export const modelEvent = (
  event: Pick<ModelEvent, Required> & Partial<Omit<ModelEvent, Required>>,
): ModelEvent => ({
  fromStage: null,
  toStage: null,
  alias: null,
  weight: null,
  fromVersion: null,
  decidedAtMs: null,
  ...event,
})
