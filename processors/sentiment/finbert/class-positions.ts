/** Which output of a classifier means what, by the labels of its configuration. */
import { CLASSES } from '../class-probabilities.ts'

/**
 * @param id2label for example `{0: 'positive', 1: 'negative', 2: 'neutral'}`; case does not matter
 * @returns for positive, negative and neutral the position of its logit
 * @throws Error if a label is missing, occurs twice, or stands beside others
 */
export function classPositions(id2label: Readonly<Record<string, string>> = {}): readonly number[] {
  const labels = Object.entries(id2label).map(
    ([position, label]) => [label.toLowerCase(), Number(position)] as const,
  )
  const positions = new Map(labels)
  return CLASSES.map((name) => {
    const position = positions.get(name)
    if (position !== undefined && labels.length === CLASSES.length) return position
    const found = labels.map(([label]) => label).join(', ')
    throw new Error(`Its labels must be ${CLASSES.join(', ')}, they are: ${found || 'none'}`)
  })
}
