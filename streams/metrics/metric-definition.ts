/**
 * What a metric is, as data: code makes its instruments from these, and `docs/metrics.md` is generated
 * from them, so that name, labels and meaning stand in one place.
 *
 * Names follow Prometheus: base units in the name, `_total` for counters alone, prefix `candlewire_`.
 * Source: "Metric and label naming" in the Prometheus documentation. The few names without the prefix
 * are given from outside (`catalogue: true`) and kept as they are.
 */
export type MetricKind = 'counter' | 'gauge' | 'histogram'

export interface MetricDefinition<
  Kind extends MetricKind = MetricKind,
  Label extends string = string,
> {
  readonly name: string
  readonly kind: Kind
  /** One sentence, with what zero or absence means where that is not plain. */
  readonly help: string
  /** Of the value; `1` for a count or a flag. */
  readonly unit: string
  readonly labels: readonly Label[]
  /** Upper bounds of a histogram, in the unit. */
  readonly buckets?: readonly number[]
  /** Whether name and type are given from outside, so that the naming rules do not apply. */
  readonly catalogue?: true
}

interface Details<Label extends string> {
  readonly help: string
  readonly labels?: readonly Label[]
  readonly unit?: string
  readonly catalogue?: true
}

const define = <Kind extends MetricKind, Label extends string>(
  kind: Kind,
  name: string,
  { help, labels = [], unit = '1', catalogue }: Details<Label>,
): MetricDefinition<Kind, Label> => ({
  name,
  kind,
  help,
  unit,
  labels,
  ...(catalogue === undefined ? {} : { catalogue }),
})

export const counter = <Label extends string = never>(
  name: string,
  details: Details<Label>,
): MetricDefinition<'counter', Label> => define('counter', name, details)

export const gauge = <Label extends string = never>(
  name: string,
  details: Details<Label>,
): MetricDefinition<'gauge', Label> => define('gauge', name, details)

/** @param buckets upper bounds in seconds, ascending */
export const duration = <Label extends string = never>(
  name: string,
  buckets: readonly number[],
  details: Details<Label>,
): MetricDefinition<'histogram', Label> => ({
  ...define('histogram', name, { unit: 'seconds', ...details }),
  buckets,
})
