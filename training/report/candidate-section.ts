/** The charts of one candidate, on rows it was not fitted to. */
import { barChart } from '../../processors/reports/charts/bar-chart.ts'
import { heatMap } from '../../processors/reports/charts/heat-map.ts'
import { histogram } from '../../processors/reports/charts/histogram.ts'
import { lineChart, type Line } from '../../processors/reports/charts/line-chart.ts'
import { scatterChart } from '../../processors/reports/charts/scatter-chart.ts'
import { dataTable } from '../../processors/reports/data-table.ts'
import { html, type Html } from '../../processors/reports/html.ts'
import type { Objective } from '../models/model-trainer.ts'
import { areaUnder, calibrationCurve, confusion, residuals, rocCurve } from './forecast-curves.ts'
import { fixed, percent, whole } from './number-text.ts'
import type { CandidateReport, SplitForecast } from './training-report-data.ts'

/** The split whose scatter, residuals and confusion are drawn; the newest there is if it is missing. */
const DRAWN_SPLIT = 'out_of_time'
const IMPORTANT_COLUMNS = 20

export function candidateSection(candidate: CandidateReport, objective: Objective): Html {
  const { forecasts } = candidate
  const drawn = forecasts.find(({ split }) => split === DRAWN_SPLIT) ?? forecasts.at(-1)
  const charts = [
    ...(drawn === undefined || drawn.actual.length === 0 ? [] : ofForecast(drawn, objective)),
    ...(forecasts.some(({ actual }) => actual.length > 0) ? ofSplits(forecasts, objective) : []),
    ...learning(candidate),
    ...equity(candidate),
    ...importance(candidate),
  ]
  return html`${
    charts.length === 0
      ? html`<p>No forecasts were kept of this candidate.</p>`
      : html`<div class="charts">${charts}</div>`
  }
  ${certificate(candidate)} ${notes(candidate)} ${parameters(candidate)}`
}

function ofForecast(forecast: SplitForecast, objective: Objective): Html[] {
  const { split, actual, predicted } = forecast
  const unit = objective === 'regression' ? 'Forecast return, %' : 'Forecast probability'
  const reach = Math.max(...[...predicted].map(Math.abs), 1e-9)
  const [[upUp, upDown], [downUp, downDown]] = confusion(forecast, objective)
  const right = (upUp + downDown) / actual.length
  return [
    scatterChart({
      title: `Forecasts against what came, ${split}`,
      description: `${whole(actual.length)} forecasts against forward returns; on the dashed line they would be right.`,
      x: unit,
      y: 'Forward return, %',
      points: Array.from(actual, (label, row) => [predicted[row]!, label] as const),
      ...(objective === 'regression'
        ? { line: [[-reach, -reach] as const, [reach, reach] as const] }
        : {}),
    }),
    histogram({
      title: `Residuals, ${split}`,
      description: 'How often what came lay so far from the forecast.',
      x:
        objective === 'regression' ? 'Forward return less forecast, %' : 'Outcome less probability',
      y: 'Rows',
      values: residuals(forecast, objective),
    }),
    heatMap({
      title: `Direction forecast and direction that came, ${split}`,
      description: `${percent(right)} of the directions were right: up and up ${upUp}, up taken for down ${upDown}, down taken for up ${downUp}, down and down ${downDown}.`,
      x: 'Forecast',
      y: 'Came',
      columns: ['up', 'not up'],
      rows: ['up', 'not up'],
      values: [
        [upUp, upDown],
        [downUp, downDown],
      ],
      textOf: (rows) => `${whole(rows)} (${percent(rows / actual.length)})`,
    }),
  ]
}

const DIAGONAL: Line = {
  name: 'knows nothing',
  style: 'dashed',
  points: [
    [0, 0],
    [1, 1],
  ],
}

function ofSplits(forecasts: readonly SplitForecast[], objective: Objective): Html[] {
  const curves = forecasts.map((forecast) => ({ split: forecast.split, curve: rocCurve(forecast) }))
  const areas = curves.map(({ split, curve }) => `${split} ${fixed(areaUnder(curve), 3)}`)
  const calibrated = forecasts.map((forecast): Line => ({
    name: forecast.split,
    points: calibrationCurve(forecast, objective),
  }))
  const forecastOf = calibrated.flatMap(({ points }) => points.map(([x]) => x))
  const [low, high] = [Math.min(...forecastOf), Math.max(...forecastOf)]
  return [
    lineChart({
      title: `Receiver operating characteristic; area: ${areas.join(', ')}`,
      description: `Share of upward moves found against share of others taken for one. Areas: ${areas.join(', ')}.`,
      x: 'Others taken for upward moves',
      y: 'Upward moves found',
      range: [0, 1],
      lines: [
        ...curves.map(({ split, curve }): Line => ({ name: split, points: curve })),
        DIAGONAL,
      ],
    }),
    lineChart({
      title: 'Calibration: ten groups of rows by forecast',
      description:
        'Mean forecast of each group against what came in it; on the dashed line they would be equal.',
      x: objective === 'regression' ? 'Mean forecast, %' : 'Mean probability',
      y: objective === 'regression' ? 'Mean forward return, %' : 'Share of upward moves',
      lines: [
        ...calibrated,
        {
          name: 'equal',
          style: 'dashed',
          points: [
            [low, low],
            [high, high],
          ],
        },
      ],
    }),
  ]
}

function learning({ algorithm, learningCurve }: CandidateReport): Html[] {
  if (learningCurve.length === 0) return []
  const trained = learningCurve.flatMap(({ round, trainLoss }) =>
    trainLoss === undefined ? [] : [[round, trainLoss] as const],
  )
  return [
    lineChart({
      title: 'Learning curve',
      description: `Loss of ${algorithm} by round, on the rows it was fitted to and on validation.`,
      x: 'Round',
      y: 'Loss',
      lines: [
        ...(trained.length === 0 ? [] : [{ name: 'train', points: trained }]),
        {
          name: 'validation',
          points: learningCurve.map(
            ({ round, validationLoss }) => [round, validationLoss] as const,
          ),
        },
      ],
    }),
  ]
}

function equity({ equity: points }: CandidateReport): Html[] {
  const last = points.at(-1)
  if (last === undefined) return []
  return [
    lineChart({
      title: 'Equity of the backtest, out of time',
      description: `Sum of returns: ${fixed(last.grossPercent, 2)} % before and ${fixed(last.netPercent, 2)} % after costs.`,
      x: 'Time, UTC',
      y: 'Sum of returns, %',
      xKind: 'time',
      lines: [
        { name: 'after costs', points: points.map((p) => [p.eventTimeMs, p.netPercent] as const) },
        {
          name: 'before costs',
          points: points.map((p) => [p.eventTimeMs, p.grossPercent] as const),
        },
        {
          name: 'doing nothing',
          style: 'dashed',
          points: [
            [points[0]!.eventTimeMs, 0],
            [last.eventTimeMs, 0],
          ],
        },
      ],
    }),
  ]
}

function importance({ importance: columns, importanceMethod }: CandidateReport): Html[] {
  if (columns.length === 0) return []
  const top = columns.slice(0, IMPORTANT_COLUMNS)
  return [
    barChart({
      title: `The ${top.length} most important of ${columns.length} columns, by ${importanceMethod ?? 'share'}`,
      description: `Most important: ${top
        .slice(0, 3)
        .map(({ column, share }) => `${column} ${percent(share)}`)
        .join(', ')}.`,
      x: 'Share of the total, %',
      bars: top.map(({ column, share }) => ({ name: column, value: 100 * share })),
    }),
  ]
}

function certificate({ certificate: proof }: CandidateReport): Html {
  if (proof === null) return html``
  return html`<p>
    Exported to ONNX and compared with the native model on ${whole(proof.rows)} rows
    (${whole(proof.adversarialRows)} of them adversarial): ${whole(proof.differentRows)} differ, by
    ${proof.worstDifference.toExponential(1)} at most; ${whole(proof.branchFlips)} end in another
    leaf.
  </p>`
}

const notes = ({ notes: texts }: CandidateReport): Html =>
  texts.length === 0
    ? html``
    : html`<ul>
        ${texts.map((text) => html`<li>${text}</li>`)}
      </ul>`

const parameters = ({ algorithm, parameters: given }: CandidateReport): Html =>
  html`<details>
    <summary>Parameters</summary>
    ${dataTable({
      caption: `Parameters of ${algorithm}`,
      header: ['Parameter', 'Value'],
      rows: Object.entries(given),
      textColumns: [1],
    })}
  </details>`
