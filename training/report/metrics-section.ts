/** How good the candidates are on every split, each figure beside that of a forecast that knows nothing. */
import { dataTable, type Cell } from '../../processors/reports/data-table.ts'
import { html, type Html } from '../../processors/reports/html.ts'
import type { SplitMetrics } from '../../schemas/generated.ts'
import type { Objective } from '../models/model-trainer.ts'
import { fixed, percent, pValue, timeText, whole } from './number-text.ts'
import type { CandidateReport } from './training-report-data.ts'

export function metricsSection(candidates: readonly CandidateReport[], objective: Objective): Html {
  const tables = candidates.map(
    ({ algorithm, version, rank, metrics }) =>
      html`<h3>${rank}. ${algorithm}${version === null ? '' : ` (version ${version})`}</h3>
        ${objective === 'regression' ? regression(algorithm, metrics) : classification(algorithm, metrics)}
        ${decisions(algorithm, metrics)}`,
  )
  return html`<p class="hint">
      Errors are in percent return. The zero forecast says that nothing changes, the last-return
      forecast that the return before comes again. A model that is not better than both of them on
      rows it has not seen has learnt nothing that helps. Only <code>out_of_time</code> and
      <code>out_of_time_2</code> were not used to choose anything within an algorithm.
    </p>
    ${tables}`
}

function regression(algorithm: string, metrics: readonly SplitMetrics[]): Html {
  return dataTable({
    caption: `Errors of ${algorithm} by split`,
    header: [
      'Split',
      'Rows',
      'From',
      'To',
      'RMSE',
      'zero',
      'last return',
      'MAE',
      'zero',
      'R2 against zero',
      'DM p-value',
    ],
    rows: metrics.map((m) => [
      m.split,
      whole(m.rows),
      timeText(m.fromMs),
      timeText(m.toMs),
      compared(m.rmse, m.zeroRmse),
      fixed(m.zeroRmse, 5),
      fixed(m.lastRmse, 5),
      compared(m.mae, m.zeroMae),
      fixed(m.zeroMae, 5),
      fixed(m.r2VsZero, 5),
      pValue(m.dmPValueVsZero),
    ]),
  })
}

function classification(algorithm: string, metrics: readonly SplitMetrics[]): Html {
  return dataTable({
    caption: `Probabilities of ${algorithm} by split; an AUC of 0.5 knows nothing`,
    header: [
      'Split',
      'Rows',
      'From',
      'To',
      'AUC',
      'Log loss',
      'Brier',
      'Precision',
      'Recall',
      'F1',
      'Calibration error',
    ],
    rows: metrics.map((m) => [
      m.split,
      whole(m.rows),
      timeText(m.fromMs),
      timeText(m.toMs),
      fixed(m.auc, 4),
      fixed(m.logLoss, 5),
      fixed(m.brier, 5),
      percent(m.precision),
      percent(m.recall),
      fixed(m.f1, 4),
      fixed(m.calibrationError, 4),
    ]),
  })
}

function decisions(algorithm: string, metrics: readonly SplitMetrics[]): Html {
  return dataTable({
    caption: `Direction and decisions of ${algorithm} by split; the backtest is after costs`,
    header: [
      'Split',
      'Direction right',
      'AUC',
      'Rank correlation',
      'Sharpe ratio',
      'Net return, %',
    ],
    rows: metrics.map((m) => [
      m.split,
      percent(m.directionalAccuracy),
      fixed(m.auc, 4),
      fixed(m.informationCoefficient, 4),
      fixed(m.sharpe, 4),
      fixed(m.netReturn, 3),
    ]),
  })
}

/** Smaller than that of the zero forecast, or not. */
function compared(error: number, zero: number): Cell {
  const text = fixed(error, 5)
  return Number.isFinite(error) && error !== zero
    ? { text, tone: error < zero ? 'better' : 'worse' }
    : { text }
}
