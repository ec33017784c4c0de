/**
 * Where a version may stand, and which ways lead there. A version is published with the stage `none`;
 * nothing becomes `production` without having been `staging`, an archived one included.
 */
import { stageKey, type ModelRegistry } from './model-registry.ts'

export const STAGES = ['none', 'staging', 'production', 'archived'] as const
export type Stage = (typeof STAGES)[number]

const WAYS: Readonly<Record<Stage, readonly Stage[]>> = {
  none: ['staging', 'archived'],
  staging: ['production', 'archived'],
  production: ['staging', 'archived'],
  archived: ['staging'],
}

const isStage = (text: string): text is Stage => (STAGES as readonly string[]).includes(text)

/** Stages that can be reached from this one in one step. */
export const waysFrom = (stage: Stage): readonly Stage[] => WAYS[stage]

/** `none` for a version that nobody has staged, or whose stage a later release wrote. */
export function stageOf(registry: ModelRegistry, modelName: string, version: string): Stage {
  const stage = registry.stages.get(stageKey(modelName, version))?.stage ?? 'none'
  return isStage(stage) ? stage : 'none'
}
