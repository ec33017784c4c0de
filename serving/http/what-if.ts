/** What a model would say if single features of a vector were others; nothing of it is kept. */
import type { NumericFeatureName } from '../../processors/features/feature-sets.ts'
import type { Features, ModelVersion } from '../../schemas/generated.ts'
import { fields } from './schemas.ts'

export type Overrides = Partial<Record<NumericFeatureName, number | null>>

const { nullable, text } = fields

export const withOverrides = (vector: Features, overrides: Overrides): Features => ({
  ...vector,
  values: { ...vector.values, ...overrides },
})

/** What the answer says about them. */
export const whatIf = (vector: Features, overrides: Overrides, version: ModelVersion): object => ({
  whatIf: true,
  overridden: Object.entries(overrides).map(([feature, to]) => ({
    feature,
    from: vector.values[feature as NumericFeatureName],
    to,
    isModelInput: version.inputColumns.includes(feature),
  })),
})

export const whatIfSchemas = {
  whatIf: {
    type: 'boolean',
    description: 'Whether features were replaced: nobody has seen a market like this.',
  },
  overridden: {
    type: 'array',
    description: 'What was replaced.',
    items: {
      type: 'object',
      properties: {
        feature: text('Feature.'),
        from: nullable('number', 'Its value in the vector.'),
        to: nullable('number', 'What it was replaced by.'),
        isModelInput: {
          type: 'boolean',
          description: 'False: the model does not read it, so the answer is the same.',
        },
      },
    },
  },
}
