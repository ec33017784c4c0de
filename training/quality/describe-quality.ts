/** A quality report in words, for terminals, logs and the notes of models. */
import type { QualityReport } from './quality-report.ts'

const WORDS = { passed: 'ok', warned: 'look', failed: 'FAILED' } as const
/** Findings of one check that are written out; the report has more. */
const SHOWN = 5

/** One line per check, those of its worst findings below it. */
export function describeQuality(report: QualityReport): string[] {
  return report.checks.flatMap(({ name, outcome, findings, findingsTotal }) => [
    `${WORDS[outcome].padEnd(6)} ${name}${findingsTotal === 0 ? '' : ` (${findingsTotal})`}`,
    ...findings.slice(0, SHOWN).map(({ text }) => `         ${text}`),
    ...(findingsTotal > SHOWN ? [`         and ${findingsTotal - SHOWN} more`] : []),
  ])
}

/** Why a data set is refused, one sentence per failing finding. */
export function describeFailures(report: QualityReport): string {
  const failing = report.checks.flatMap(({ name, findings }) =>
    findings.filter(({ outcome }) => outcome === 'failed').map(({ text }) => `${name}: ${text}`),
  )
  const more = failing.length > SHOWN ? `; and ${failing.length - SHOWN} more` : ''
  return `The data set is not fit to train on. ${failing.slice(0, SHOWN).join('; ')}${more}`
}

/** What to keep with a model: one sentence per warning check. */
export function qualityNotes(report: QualityReport): string[] {
  return report.checks
    .filter(({ outcome }) => outcome === 'warned')
    .map(
      ({ name, findings, findingsTotal }) =>
        `Quality check ${name}: ${findings[0]?.text ?? ''}${findingsTotal > 1 ? `, and ${findingsTotal - 1} more` : ''}.`,
    )
}
