/** Which models a server answers with. */

/** Answers where neither the request nor SERVED_MODELS says who. */
const USUAL_MODEL = 'forward_return_30'

export interface ServedModels {
  readonly isServed: (modelName: string) => boolean
  readonly defaultModel: string
}

/** @param names the default model first; empty: every model there is. */
export function servedModels(names: readonly string[]): ServedModels {
  return {
    isServed: (modelName) => names.length === 0 || names.includes(modelName),
    defaultModel: names[0] ?? USUAL_MODEL,
  }
}
