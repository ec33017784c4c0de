/** Requests that never stop while champions follow one another, and what of their answers was wrong. */
import { setTimeout as delay } from 'node:timers/promises'
import type { VersionRegister } from './version-register.ts'

const CALLERS = 4
/** A steady trickle: the swaps are what is tried, not the rate of requests. */
const PAUSE_MS = 5
const ANSWER_MS = 10_000
/** Kept in words; all are counted. */
const FAULTS_KEPT = 5

interface Answer {
  readonly modelVersion: string
  readonly predictedReturn: number
}

export class VersionCallers {
  requests = 0
  /** No answer, or another status than 200. */
  failed = 0
  /** A version that was not live, or a number that is not its own. */
  wrong = 0
  /** Longest wait for an answer, ms. */
  longestMs = 0
  /** The first few of both kinds. */
  readonly faults: string[] = []
  private readonly request: { readonly url: string; readonly body: string }
  private readonly register: VersionRegister
  /** Even and odd versions are two models: what each answers to the one vector there is. */
  private readonly numbers = new Map<number, number>()
  private running: Promise<unknown> = Promise.resolve()
  private isStopped = false

  constructor(url: string, instrument: string, register: VersionRegister) {
    this.request = { url: `${url}/predict`, body: JSON.stringify({ instrument }) }
    this.register = register
  }

  start(): void {
    this.running = Promise.all(Array.from({ length: CALLERS }, () => this.callForEver()))
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.running
  }

  private async callForEver(): Promise<void> {
    while (!this.isStopped) {
      const began = performance.now()
      await this.call().catch((thrown: unknown) => {
        this.failed += 1
        this.keep(String(thrown))
      })
      this.requests += 1
      this.longestMs = Math.max(this.longestMs, performance.now() - began)
      await delay(PAUSE_MS)
    }
  }

  private async call(): Promise<void> {
    const newestAtBegin = this.register.newest
    const { url, body } = this.request
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`status ${response.status}: ${text}`)
    const { modelVersion, predictedReturn } = JSON.parse(text) as Answer
    const n = Number(modelVersion.split('.')[1])
    const fault = this.register.judge(n, newestAtBegin) ?? this.numberFault(n, predictedReturn)
    if (fault === undefined) return
    this.wrong += 1
    this.keep(`${modelVersion}: ${fault}`)
  }

  private numberFault(n: number, answered: number): string | undefined {
    const own = this.numbers.get(n % 2)
    if (own === undefined) this.numbers.set(n % 2, answered)
    else if (own !== answered) return `answered ${answered}, and its number is ${own}`
    return undefined
  }

  private keep(fault: string): void {
    if (this.faults.length < FAULTS_KEPT) this.faults.push(fault)
  }
}
