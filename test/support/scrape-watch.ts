/**
 * Scrapes every target of a file of targets, as Prometheus would, as long as they answer: what the
 * services of a run told over its whole length.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

interface Target {
  readonly targets: readonly string[]
  readonly labels: { readonly service: string }
}

const EVERY_MS = 500
const ANSWER_MS = 5_000

export class ScrapeWatch {
  /** Text of the last scrape of each service. */
  readonly last = new Map<string, string>()
  /** Names of all metrics that were ever declared, of all services. */
  readonly names = new Set<string>()
  /** Answers other than 200, which would be scrape errors. */
  readonly refused: string[] = []
  private readonly file: string
  private readonly stopping = new AbortController()
  private readonly running: Promise<void>

  constructor(file: string) {
    this.file = file
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      const targets = existsSync(this.file)
        ? (JSON.parse(readFileSync(this.file, 'utf8')) as Target[])
        : []
      await Promise.all(targets.map((target) => this.scrape(target)))
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  private async scrape({ targets: [address = ''], labels: { service } }: Target): Promise<void> {
    let text: string
    try {
      const signal = AbortSignal.timeout(ANSWER_MS)
      const response = await fetch(`http://${address}/metrics`, { signal })
      text = await response.text()
      if (!response.ok) this.refused.push(`${service}: ${response.status}`)
    } catch (thrown) {
      // Not there yet, or not any more: a run has a beginning and an end.
      if (thrown instanceof Error) return
      throw thrown
    }
    this.last.set(service, text)
    for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) this.names.add(name)
  }
}

/** Value of the first series of a text that begins so; NaN if there is none. */
export function valueIn(text: string | undefined, series: string): number {
  const line = (text ?? '').split('\n').find((each) => each.startsWith(series))
  return Number(line?.split(' ').at(-1) ?? NaN)
}
