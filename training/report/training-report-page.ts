/** The report of a training run as one HTML file: what came of it in words, then everything it rests on. */
import { dataTable } from '../../processors/reports/data-table.ts'
import { html, type Html } from '../../processors/reports/html.ts'
import { reportPage, type ReportSection } from '../../processors/reports/report-page.ts'
import type { GateVerdict } from '../../schemas/generated.ts'
import { candidateSection } from './candidate-section.ts'
import { metricsSection } from './metrics-section.ts'
import { fixed, MISSING, percent, pValue } from './number-text.ts'
import { manifestSection, qualitySection, runSection, trialsSection } from './run-sections.ts'
import type { CandidateReport, TrainingReportData } from './training-report-data.ts'

/** Plots are drawn of so many candidates, the best ones; the tables have all. */
const DRAWN_CANDIDATES = 4

/** @returns the file; the same data gives the same text */
export function trainingReportPage(data: TrainingReportData): string {
  const { modelName, objective, horizonMinutes, candidates, runId } = data
  const kind = objective === 'regression' ? 'return' : 'direction'
  const section = (id: string, title: string, body: Html): ReportSection => ({ id, title, body })
  return reportPage({
    title: `Training of ${modelName}`,
    subtitle: `Run ${runId}: the ${kind} over the next ${horizonMinutes} minutes`,
    summary: verdict(data),
    sections: [
      ...(candidates.length === 0
        ? []
        : [
            section('gate', 'Gate', gateSection(candidates)),
            section('metrics', 'Metrics by split', metricsSection(candidates, objective)),
          ]),
      ...candidates
        .slice(0, DRAWN_CANDIDATES)
        .map((candidate) =>
          section(
            `candidate-${candidate.rank}`,
            `${candidate.rank}. ${candidate.algorithm}`,
            candidateSection(candidate, objective),
          ),
        ),
      section('quality', 'Quality of the data set', qualitySection(data.quality)),
      section('trials', 'Trials', trialsSection(data)),
      section('run', 'Run', runSection(data)),
      section('manifest', 'Manifest', manifestSection(data)),
    ],
  })
}

function verdict({ candidates, quality, notes }: TrainingReportData): Html {
  const [best] = candidates
  const remarks = notes.map((text) => html`<p>${text}</p>`)
  if (best === undefined) {
    const why =
      quality?.outcome === 'failed'
        ? 'The data set did not pass the checks before training, so nothing was trained.'
        : 'Nothing was trained.'
    return html`<p><span class="outcome failed">No model.</span> ${why}</p>
      ${remarks}`
  }
  const passed = best.gate?.passed === true
  const [word, sentence] = passed
    ? ['Passed the gate.', `The best candidate, ${best.algorithm}, may be promoted.`]
    : [
        'Not promoted.',
        `The best candidate, ${best.algorithm}, did not pass the gate: no edge is claimed for it.`,
      ]
  const reasons = (best.gate?.reasons ?? []).map((reason) => html`<li>${reason}</li>`)
  return html`<p>
      <span class="outcome ${passed ? 'passed' : 'warned'}">${word}</span> ${sentence}
    </p>
    ${
      reasons.length === 0
        ? html``
        : html`<ul>
            ${reasons}
          </ul>`
    }
    ${remarks}`
}

function gateSection(candidates: readonly CandidateReport[]): Html {
  const value = (of: (gate: GateVerdict) => string, gate: GateVerdict | null) =>
    gate === null ? MISSING : of(gate)
  return dataTable({
    caption:
      'Verdict of the promotion gate on every candidate; a candidate has to beat the zero forecast and the live champion out of time',
    header: [
      'Candidate',
      'Verdict',
      'p-value against zero',
      'p-value against champion',
      'Limit',
      'Trials',
      'Deflated Sharpe ratio',
      'Overfitting',
    ],
    textColumns: [1],
    rows: candidates.map(({ algorithm, rank, gate }) => [
      `${rank}. ${algorithm}`,
      gate === null ? 'not asked' : gate.passed ? 'passed' : 'not passed',
      value((g) => pValue(g.pValueVsZero), gate),
      value((g) => (g.championVersion === null ? 'none live' : pValue(g.pValueVsChampion)), gate),
      value((g) => fixed(g.significance, 4), gate),
      value((g) => String(g.trials), gate),
      value((g) => percent(g.deflatedSharpe), gate),
      value((g) => percent(g.backtestOverfitting), gate),
    ]),
  })
}
