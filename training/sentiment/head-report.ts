/** What was reached, beside the baselines, as a document: everything needed to get the same again. */
import { classificationMetrics, type ClassificationMetrics } from './classification-metrics.ts'
import type { SentimentExample } from './sentiment-examples.ts'

export interface Evaluation {
  /** For example `later months (hold-out)`. */
  readonly name: string
  readonly examples: readonly SentimentExample[]
  /** One row per example of each model, by the name it is shown under. */
  readonly models: Readonly<Record<string, readonly Float64Array[]>>
}

export interface HeadReport {
  readonly facts: readonly (readonly [string, string])[]
  readonly evaluations: readonly Evaluation[]
}

const SHOWN: readonly (readonly [string, (metrics: ClassificationMetrics) => number])[] = [
  ['correlation', ({ correlation }) => correlation],
  ['agreement', ({ agreement }) => agreement],
  ['macro-F1', ({ macroF1 }) => macroF1],
]

/** @returns Markdown */
export function reportDocument({ facts, evaluations }: HeadReport): string {
  const lines = [
    '# The head of the distilled sentiment model',
    '',
    'Written by `npm run train:sentiment`; do not edit. What the figures mean: docs/sentiment.md.',
    '',
    '| | |',
    '|---|---|',
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
    '',
  ]
  for (const evaluation of evaluations) {
    lines.push(`## ${evaluation.name}: ${evaluation.examples.length} texts`, '')
    lines.push(`| model | ${SHOWN.map(([name]) => name).join(' | ')} |`)
    lines.push(`|---|${SHOWN.map(() => '---').join('|')}|`)
    for (const [name, metrics] of metricsOf(evaluation))
      lines.push(`| ${name} | ${SHOWN.map(([, get]) => get(metrics).toFixed(3)).join(' | ')} |`)
    lines.push('')
  }
  return lines.join('\n')
}

function metricsOf(evaluation: Evaluation): [string, ClassificationMetrics][] {
  const targets = evaluation.examples.map(({ target }) => target)
  return Object.entries(evaluation.models).map(([name, rows]) => [
    name,
    classificationMetrics(rows, targets),
  ])
}
