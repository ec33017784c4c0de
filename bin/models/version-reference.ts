/** Finds the version a person names: `name/1.2.0`, `name@champion`, or `1.2.0` where it is clear. */
import { aliasTarget } from '../../processors/models/model-aliases.ts'
import { versionKey, type ModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'

/** @throws CandlewireError NOT_FOUND, OPTION_INVALID if several models have such a version */
export function findVersion(registry: ModelRegistry, text: string): ModelVersion {
  const [, modelName, alias] = /^(.+)@([^@]+)$/.exec(text) ?? []
  if (modelName !== undefined && alias !== undefined) {
    const target = aliasTarget(registry, modelName, alias)
    const version =
      target === undefined
        ? undefined
        : registry.versions.get(versionKey(modelName, target.version))
    if (version === undefined)
      throw new CandlewireError('NOT_FOUND', `${modelName} has no ${alias}`)
    return version
  }
  const exact = registry.versions.get(text)
  if (exact !== undefined) return exact
  const found = [...registry.versions.values()].filter(({ version }) => version === text)
  const [only] = found
  if (only === undefined)
    throw new CandlewireError(
      'NOT_FOUND',
      `There is no model version ${text}; \`candlewire models list\` shows what there is`,
    )
  if (found.length > 1) {
    const names = found.map(({ modelName: name }) => `${name}/${text}`).join(', ')
    throw new CandlewireError('OPTION_INVALID', `${text} may be ${names}: name the model too`)
  }
  return only
}

/** The model a command is about. @throws CandlewireError NOT_FOUND, OPTION_INVALID */
export function findModel(registry: ModelRegistry, name: string | undefined): string {
  const names = [...new Set([...registry.versions.values()].map(({ modelName }) => modelName))]
  if (name !== undefined) {
    if (!names.includes(name)) throw new CandlewireError('NOT_FOUND', `There is no model ${name}`)
    return name
  }
  const [only] = names
  if (only === undefined) throw new CandlewireError('NOT_FOUND', 'No model has been published yet')
  if (names.length > 1)
    throw new CandlewireError('OPTION_INVALID', `--model is needed: ${names.sort().join(' or ')}`)
  return only
}
