/** Says in what a disturbed run differs from the undisturbed one. */
import { readFileSync } from 'node:fs'
import type { PublishedPart, PublishedState } from './published-state.ts'

/** Longest piece of a line that is shown. */
const SHOWN = 240

/** Nothing if they are equal. */
export function differences(
  undisturbed: Pick<PublishedState, 'parts'>,
  disturbed: Pick<PublishedState, 'parts'>,
): string[] {
  return undisturbed.parts.flatMap((wanted) => {
    const found = disturbed.parts.find(({ name }) => name === wanted.name)
    if (found === undefined) return [`${wanted.name}: missing`]
    if (found.sha256 === wanted.sha256 && found.count === wanted.count) return []
    return [`${wanted.name}: ${found.count} instead of ${wanted.count}; ${first(wanted, found)}`]
  })
}

function first(wanted: PublishedPart, found: PublishedPart): string {
  const [expected, actual] = [wanted, found].map(({ file }) =>
    readFileSync(file, 'utf8').split('\n'),
  ) as [string[], string[]]
  const at = expected.findIndex((line, index) => line !== actual[index])
  const [a, b] = [expected[at] ?? '', actual[at] ?? '']
  let from = 0
  while (from < a.length && a[from] === b[from]) from += 1
  const start = Math.max(0, from - 80)
  const piece = (text: string) => text.slice(start, start + SHOWN)
  return `the first difference is number ${at + 1}: ...${piece(b)}... instead of ...${piece(a)}...`
}
