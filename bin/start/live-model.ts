/** The model whose predictions a run shows. */
import type { ModelVersion } from '../../schemas/generated.ts'

/** Who answers, the first that there is: a shadow has not been proved and says so. */
export const ANSWERING = ['champion', 'shadow'] as const

/** The model of the instrument, and as what it is live. */
export interface LiveModel {
  readonly version: ModelVersion
  readonly role: (typeof ANSWERING)[number]
}
