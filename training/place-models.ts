/**
 * Where the models of a run go. Only the gate makes a champion, and only against the champion it was
 * asked about; everything else is staging with the reasons in words, and the best of the run becomes
 * the shadow: scored live beside the champion, or in the open as unproven where there is none.
 */
import { aliasTarget, type Alias } from '../processors/models/model-aliases.ts'
import { stageOf } from '../processors/models/model-stages.ts'
import type { RegistryDecision } from '../processors/models/registry-decision.ts'
import type { GateVerdict, ModelVersion } from '../schemas/generated.ts'

export interface Placement {
  /** What the selected version is now; null where a person has archived it. */
  readonly alias: Extract<Alias, 'champion' | 'shadow'> | null
  /** Why, in sentences. */
  readonly reasons: readonly string[]
}

/** @param verdict of this run: a version found from an earlier run carries that run's. */
export function placeModels(
  decision: RegistryDecision,
  versions: readonly ModelVersion[],
  selected: ModelVersion,
  verdict: GateVerdict | null | undefined,
): Placement {
  const { registry } = decision
  const { modelName, version } = selected
  const champion = aliasTarget(registry, modelName, 'champion')?.version
  for (const each of versions) {
    if (stageOf(registry, modelName, each.version) === 'none')
      decision.moveTo(each.version, 'staging')
  }
  if (champion === version)
    return { alias: 'champion', reasons: ['It is the champion already: nothing better was found.'] }
  if (stageOf(registry, modelName, version) === 'archived')
    return { alias: null, reasons: ['It was archived by a person and stays so.'] }
  if (verdict?.passed !== true) {
    decision.setAlias(version, 'shadow')
    return { alias: 'shadow', reasons: verdict?.reasons ?? ['The gate gave no verdict.'] }
  }
  const judgedAgainst = versionNumber(verdict.championVersion)
  if (judgedAgainst !== champion) {
    decision.setAlias(version, 'shadow')
    const other = `The gate passed it against ${judgedAgainst ?? 'no champion'}, but the champion is ${champion ?? 'none'} by now: it has to be asked again.`
    return { alias: 'shadow', reasons: [...verdict.reasons, other] }
  }
  decision.moveTo(version, 'production')
  decision.setAlias(version, 'champion')
  // A shadow of before was no match for the champion that has just been beaten.
  if (aliasTarget(decision.registry, modelName, 'shadow') !== undefined)
    decision.removeAlias('shadow')
  return { alias: 'champion', reasons: verdict.reasons }
}

/** Of `1.2.0` or `name/1.2.0`. */
const versionNumber = (text: string | null): string | undefined => text?.split('/').at(-1)
