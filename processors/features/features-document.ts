/** The text of docs/features.md, from the registry (`npm run generate`). */
import { FEATURE_SETS } from './feature-sets.ts'
import type { FeatureSpec } from './feature-block.ts'
import { featureSpec } from './registry.ts'

const NOTATION = `# Features

Generated from \`processors/features/registry.ts\` by \`npm run generate\`. Values agree with these definitions to a
relative error of 1e-9 (absolute 1e-12) once warm.

## Notation

- \`O H L C V\`: open, high, low, close and volume of the bar on the gap-filled one-minute grid of one instrument;
  \`X[k]\` is the value k bars before. A bar carries its open time; its features exist from its close on.
- Missing minutes are filled with \`O=H=L=C\` = previous close and V = 0 (no volume where the candle before has none),
  if the whole gap has at most \`MAX_FILL_MINUTES\` of them. A longer gap is a session break: it is not filled and windows run
  across it by bar count.
- \`r = C/C[1] - 1\`, \`l = ln(C/C[1])\`. \`SMA(x,n)\` mean, \`SD(x,n)\` sample and \`PSD(x,n)\` population standard deviation of the last
  n values. \`EMA(x,n)\`: alpha = 2/(n+1); \`WILDER(x,n)\`: alpha = 1/n; both seeded with the mean of the first n values.
- A session starts every day at \`SESSION_START\` in the zone \`SESSION_ZONE\`, daylight saving honoured; the first bar at or after
  it is the session's first.
- A feature is null before its bar of warm-up, where its formula divides by zero, and where an input is null. The column
  "null once warm" lists the cases; a null is never a silent 0.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const rowOf = ({
  name,
  version,
  definition,
  unit,
  range,
  source,
  warmupBars,
  nullRule,
  inputs,
}: FeatureSpec): string =>
  `| \`${name}\` | ${[definition, unit, range, source, `${warmupBars}`, nullRule, inputs.join(', '), `${version}`].map(cell).join(' | ')} |\n`

export function featuresDocument(): string {
  const sets = [...FEATURE_SETS.values()]
  const list = sets.map(
    ({ name, features, fingerprint }) =>
      `| \`${name}\` | ${features.length} | \`${fingerprint}\` |\n`,
  )
  const named = new Set(sets.flatMap((set) => set.features))
  const specs = [...named].map(featureSpec)
  const tables = [...new Set(specs.map((spec) => spec.group))].map((group) =>
    tableOf(
      group,
      specs.filter((spec) => spec.group === group),
    ),
  )
  return `${NOTATION}\n## Sets\n\n| set | features | fingerprint |\n|---|---|---|\n${list.join('')}${tables.join('')}`
}

function tableOf(group: string, specs: readonly FeatureSpec[]): string {
  return (
    `\n## ${group[0]!.toUpperCase()}${group.slice(1)} (${specs.length})\n\n` +
    '| feature | definition | unit | range | source | first bar | null once warm | inputs | version |\n|---|---|---|---|---|---|---|---|---|\n' +
    specs.map(rowOf).join('')
  )
}
