/**
 * The metrics of one process: instruments made from their definitions, and what has to be looked up
 * at a scrape. A library beside it knows nothing of who scrapes: without an endpoint nobody does.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { MetricDefinition } from './metric-definition.ts'

/** A look-up that takes longer than this leaves the last value: a scrape must not hang on a store. */
const LOOK_UP_MS = 2_000
/** Gauges that prom-client names like counters. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const

type LookUp = () => void | Promise<void>

export class MetricSet {
  readonly registry = new Registry()
  private readonly lookUps = new Set<LookUp>()

  /** The counter of a definition; the same one however often it is asked for. */
  counter<Label extends string>(definition: MetricDefinition<'counter', Label>): Counter<Label> {
    const { name, help, labels } = definition
    const known = this.registry.getSingleMetric(name) as Counter<Label> | undefined
    return known ?? new Counter({ name, help, labelNames: labels, registers: [this.registry] })
  }

  gauge<Label extends string>(definition: MetricDefinition<'gauge', Label>): Gauge<Label> {
    const { name, help, labels } = definition
    const known = this.registry.getSingleMetric(name) as Gauge<Label> | undefined
    return known ?? new Gauge({ name, help, labelNames: labels, registers: [this.registry] })
  }

  histogram<Label extends string>(
    definition: MetricDefinition<'histogram', Label>,
  ): Histogram<Label> {
    const { name, help, labels, buckets = [] } = definition
    const known = this.registry.getSingleMetric(name) as Histogram<Label> | undefined
    const options = { name, help, labelNames: labels, registers: [this.registry] }
    return known ?? new Histogram({ ...options, buckets: [...buckets] })
  }

  /** CPU, memory, event loop and garbage collection of the process. Once a process. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry })
    for (const name of MISNAMED) this.registry.removeSingleMetric(name)
  }

  /**
   * Runs `lookUp` at every scrape, to set gauges from what somebody else counts.
   * @returns ends that
   */
  onScrape(lookUp: LookUp): () => void {
    this.lookUps.add(lookUp)
    return () => this.lookUps.delete(lookUp)
  }

  get contentType(): string {
    return this.registry.contentType
  }

  /** The text of a scrape. A look-up that fails or takes more than 2 s leaves what it set before. */
  async render(): Promise<string> {
    const waited = new Promise<void>((resolve) => setTimeout(resolve, LOOK_UP_MS).unref())
    const looked = [...this.lookUps].map(async (lookUp) => lookUp())
    await Promise.race([Promise.allSettled(looked), waited])
    return this.registry.metrics()
  }
}
