/** `docs/metrics.md`, from the table of metrics. */
import { METRIC_GROUPS } from '../../streams/metrics/metric-table.ts'
import type { MetricDefinition } from '../../streams/metrics/metric-definition.ts'

export function metricsDocument(): string {
  const sections = METRIC_GROUPS.map(
    ({ title, where, metrics }) =>
      `## ${title}\n\n${where}\n\n| metric | type | labels | unit | meaning |\n|---|---|---|---|---|\n` +
      metrics.map(rowOf).join(''),
  )
  return `${HEAD}\n${sections.join('\n')}`
}

const HEAD = `# Metrics

Every metric of every process. Generated from \`streams/metrics/definitions\`; how to look at them:
[monitoring.md](monitoring.md). Beside these each process has what the metrics library tells of Node
(\`process_*\`, \`nodejs_*\`).

Labels have few values: no file names, texts, addresses or article ids. The label \`instrument\` has at
most 50 values a process, what comes after them is \`other\`; \`version\` at most 20.
`

const rowOf = ({ name, kind, labels, unit, help }: MetricDefinition): string =>
  `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${unit} | ${help} |\n`
