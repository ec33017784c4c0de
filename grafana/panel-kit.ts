/**
 * What the boards are made of: a query to Prometheus or ClickHouse, and the panels around queries.
 * A panel must say in a sentence what it shows; where it lies follows from the order of the panels.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common'
import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  VariableRefresh,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'

/** As provisioned, grafana/provisioning/datasources. */
const PROMETHEUS = { type: 'prometheus', uid: 'prometheus' } as const
const CLICKHOUSE = { type: 'grafana-clickhouse-datasource', uid: 'clickhouse' } as const

type Query = Builder<Dataquery>
export type PanelMaker = Builder<Panel>

export interface Shown {
  readonly title: string
  /** One sentence, on the panel's corner. */
  readonly about: string
  /** As Grafana calls units: `s`, `percentunit`, `short` ... */
  readonly unit?: string
  /** Of 24 columns. @default 12 */
  readonly width?: number
  readonly max?: number
}

const HEIGHT = 8
const SMALL = 4

/** @param legend with labels as `{{processor}}` */
export const prom = (expression: string, legend: string): Query =>
  new DataqueryBuilder().datasource(PROMETHEUS).expr(expression).legendFormat(legend).range()

/** A query of ClickHouse; `$__fromTime` and `$__toTime` bound the time shown. */
export function sql(text: string, kind: 'timeseries' | 'table' = 'timeseries'): Query {
  const query = {
    datasource: CLICKHOUSE,
    editorType: 'sql',
    format: kind === 'table' ? 1 : 0,
    queryType: kind,
    rawSql: text.replaceAll(/\s+/g, ' ').trim(),
  }
  return { build: () => query as unknown as Dataquery }
}

const lettered = (queries: readonly Query[]): Query[] =>
  queries.map((query, index) => {
    const built = query.build() as Dataquery & { refId?: string }
    return { build: () => ({ ...built, refId: String.fromCharCode(65 + index) }) }
  })
const sourceOf = (queries: readonly Query[]) =>
  (queries[0]?.build() as unknown as { datasource: typeof PROMETHEUS | typeof CLICKHOUSE })
    .datasource

export function chart(shown: Shown, ...queries: readonly Query[]): PanelMaker {
  const panel = new TimeSeries()
    .title(shown.title)
    .description(shown.about)
    .datasource(sourceOf(queries))
    .unit(shown.unit ?? 'short')
    .height(HEIGHT)
    .span(shown.width ?? 12)
    .targets(lettered(queries))
    .showPoints(VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  return shown.max === undefined ? panel : panel.min(0).max(shown.max)
}

export function stat(shown: Shown, ...queries: readonly Query[]): PanelMaker {
  return new Stat()
    .title(shown.title)
    .description(shown.about)
    .datasource(sourceOf(queries))
    .unit(shown.unit ?? 'short')
    .height(SMALL)
    .span(shown.width ?? 4)
    .graphMode(BigValueGraphMode.Area)
    .targets(lettered(queries))
}

export function table(shown: Shown, query: Query): PanelMaker {
  return new Table()
    .title(shown.title)
    .description(shown.about)
    .datasource(sourceOf([query]))
    .height(HEIGHT)
    .span(shown.width ?? 12)
    .targets(lettered([query]))
}

export interface Board {
  /** File in grafana/dashboards and, behind `candlewire-`, id of the board. */
  readonly name: string
  readonly title: string
  readonly about: string
  /** Choices over the panels: name to query of ClickHouse. */
  readonly choices?: Readonly<Record<string, string>>
  readonly panels: readonly PanelMaker[]
}

/** The board as Grafana reads it. The same boards give the same text. */
export function boardJson({ name, title, about, choices = {}, panels }: Board): string {
  const board = new DashboardBuilder(title)
    .uid(`candlewire-${name}`)
    .description(about)
    .tags(['candlewire'])
    .timezone('utc')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('10s')
    .time({ from: 'now-6h', to: 'now' })
  for (const [choice, query] of Object.entries(choices)) {
    board.withVariable(
      new QueryVariableBuilder(choice)
        .datasource(CLICKHOUSE)
        .query(query)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .includeAll(false)
        .multi(false),
    )
  }
  for (const panel of panels) board.withPanel(panel)
  const built = board.build()
  built.panels?.forEach((panel, index) => ((panel as Panel).id = index + 1))
  return `${JSON.stringify(built, null, 2)}\n`
}

/** Choice of an instrument among those there are candles of. */
export const INSTRUMENT_CHOICE = {
  instrument: 'SELECT DISTINCT instrument FROM candles ORDER BY instrument',
} as const

/** Bound of one instrument and the time shown, over the column of time. */
export const ofInstrument = (time: string): string =>
  `instrument = '\${instrument}' AND ${time} >= $__fromTime AND ${time} <= $__toTime`
