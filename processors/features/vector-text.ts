/**
 * Vectors as text: CSV or JSON lines, the time of the bar's open first, then the features in set order.
 *
 * Numbers are the shortest text that reads back as the same double; a null is an empty CSV field.
 */
import type { Features } from '../../schemas/generated.ts'
import type { FeatureSet } from './feature-sets.ts'

export interface VectorText {
  /** First line with its line end, or nothing. */
  readonly header: string
  /** @returns a line with its line end. */
  readonly line: (vector: Features) => string
}

export function vectorCsv({ features }: FeatureSet): VectorText {
  return {
    header: `timestamp,${features.join(',')}\n`,
    line: ({ openTimeMs, values }) => {
      let text = isoMinute(openTimeMs)
      for (const feature of features) {
        const value = values[feature]
        text += value === null ? ',' : `,${value}`
      }
      return text + '\n'
    },
  }
}

export function vectorJsonLines({ features }: FeatureSet): VectorText {
  const keys = features.map((feature) => `,${JSON.stringify(feature)}:`)
  return {
    header: '',
    line: ({ openTimeMs, values }) => {
      let text = `{"timestamp":"${isoMinute(openTimeMs)}"`
      for (let i = 0; i < features.length; i++) text += `${keys[i]}${values[features[i]!]}`
      return text + '}\n'
    },
  }
}

/** UTC, YYYY-MM-DDTHH:MM:SSZ. */
const isoMinute = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')
