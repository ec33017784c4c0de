/** Hands that hold nothing. */
import type { ModelControl } from '../../serving/models/model-control.ts'
import { CandlewireError } from '../../streams/errors.ts'

export const testControl = (known: Partial<ModelControl> = {}): ModelControl => {
  const unknown = (name: string) =>
    Promise.reject(new CandlewireError('NOT_FOUND', `The registry has no model ${name}`))
  return { load: unknown, unload: ({ modelName }) => unknown(modelName), ...known }
}
