/** The parts of a report that are of the run: quality, trials, settings and timings, manifest. */
import { lineChart, type Line, type Point } from '../../processors/reports/charts/line-chart.ts'
import { dataTable } from '../../processors/reports/data-table.ts'
import { html, type Html } from '../../processors/reports/html.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import { fixed, timeText, whole } from './number-text.ts'
import type { TrainingReportData } from './training-report-data.ts'

/** Findings of a check that are written out. */
const FINDINGS_SHOWN = 10
/** Trials in the table: the best ones; the chart has all. */
const TRIALS_SHOWN = 30

const OUTCOMES = { passed: 'passed', warned: 'look at this', failed: 'failed' } as const

export function qualitySection(quality: QualityReport | null): Html {
  if (quality === null) return html`<p>The data set was not checked.</p>`
  const items = quality.checks.map(
    ({ name, outcome, text, findings, findingsTotal }) =>
      html`<h3>${name}: <span class="outcome ${outcome}">${OUTCOMES[outcome]}</span></h3>
        <p class="hint">${text}</p>
        ${
          findings.length === 0
            ? html``
            : html`<ul>
                ${findings.slice(0, FINDINGS_SHOWN).map((finding) => html`<li>${finding.text}</li>`)}
                ${
                  findingsTotal > FINDINGS_SHOWN
                    ? html`<li>and ${findingsTotal - FINDINGS_SHOWN} more</li>`
                    : html``
                }
              </ul>`
        }`,
  )
  return html`<p>
      ${whole(quality.rows)} rows of ${quality.columns} columns, ${timeText(quality.fromMs)} to
      ${timeText(quality.toMs)} UTC.
    </p>
    ${items}`
}

export function trialsSection({ trials }: TrainingReportData): Html {
  if (trials.length === 0)
    return html`<p>No search: every model was fitted once, with its defaults.</p>`
  const best = [...trials]
    .filter(({ value }) => value !== null)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))
    .slice(0, TRIALS_SHOWN)
  const algorithms = [...new Set(trials.map(({ algorithm }) => algorithm))]
  const lines = algorithms.map((algorithm): Line => {
    let lowest = Infinity
    const points = trials
      .filter((trial) => trial.algorithm === algorithm && trial.value !== null && !trial.pruned)
      .map((trial): Point => {
        lowest = Math.min(lowest, trial.value!)
        return [trial.number, lowest]
      })
    return { name: algorithm, points }
  })
  return html`<p>
      ${whole(trials.length)} trials, ${whole(trials.filter(({ pruned }) => pruned).length)} of them
      given up early. The gate counts all of them: the best of many is lucky.
    </p>
    <div class="charts">
      ${lineChart({
        title: 'Best measure so far',
        description: `Lowest ${trials[0]!.metric} after each trial.`,
        x: 'Trial',
        y: trials[0]!.metric,
        lines: lines.filter(({ points }) => points.length > 0),
      })}
    </div>
    <details>
      <summary>The best ${best.length} trials</summary>
      ${dataTable({
        caption: `Trials by ${trials[0]!.metric}`,
        header: ['Trial', 'Stage', trials[0]!.metric, 'Rounds', 'Parameters'],
        textColumns: [1, 4],
        rows: best.map((trial) => [
          `${trial.algorithm} ${trial.number}${trial.pruned ? ' (given up)' : ''}`,
          trial.stage,
          fixed(trial.value, 6),
          whole(trial.rounds),
          Object.entries(trial.parameters)
            .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
            .join(', '),
        ]),
      })}
    </details>`
}

export function runSection(data: TrainingReportData): Html {
  const { spreadBps, slippageBps, feeBps } = data.costs
  const dropped = Object.entries(data.dropped)
  return html`${dataTable({
    caption: 'Settings of the run',
    header: ['Setting', 'Value'],
    textColumns: [1],
    rows: [
      [
        'costs of the backtest',
        `spread ${spreadBps} bp, slippage ${slippageBps} bp and fee ${feeBps} bp a side`,
      ],
      ['code version', data.codeVersion],
      ...Object.entries(data.settings),
    ],
  })}
  ${
    dropped.length === 0
      ? html``
      : dataTable({
          caption: 'Examples that were left out',
          header: ['Reason', 'Rows'],
          rows: dropped.map(([reason, rows]) => [reason.replaceAll('_', ' '), whole(rows)]),
        })
  }
  ${dataTable({
    caption: `What the phases took${data.peakRssBytes === null ? '' : `; most memory held: ${whole(data.peakRssBytes / 2 ** 20)} MiB`}`,
    header: ['Phase', 'Seconds', 'CPU seconds'],
    rows: data.timings.map(({ phase, seconds, cpuSeconds }) => [
      phase,
      fixed(seconds, 1),
      fixed(cpuSeconds, 1),
    ]),
  })}`
}

export function manifestSection({ manifest, manifestDigest }: TrainingReportData): Html {
  if (manifest === null) return html`<p>The run stopped before there was a data set.</p>`
  return html`<p>
      The same manifest gives the same data set, and that the same models. Digest:
      <code>${manifestDigest ?? ''}</code>
    </p>
    ${dataTable({
      caption: 'Offsets of examples.v1 that were read',
      header: ['Topic and partition', 'First', 'Last'],
      rows: manifest.ranges.map(({ topic, partition, fromOffset, toOffset }) => [
        `${topic}/${partition}`,
        whole(fromOffset),
        whole(toOffset),
      ]),
    })}
    <p>
      ${whole(manifest.rows)} rows of ${manifest.columns.length} columns of
      <code>${manifest.featureSet}</code>, instruments ${manifest.instruments.join(', ')}, labels
      ${manifest.horizonMinutes} minutes
      ahead${manifest.untilMs === null ? '' : `, known by ${timeText(manifest.untilMs)} UTC`}.
      Digest of the rows: <code>${manifest.datasetDigest}</code>
    </p>
    <details>
      <summary>Columns</summary>
      <p><code>${manifest.columns.join(', ')}</code></p>
    </details>`
}
