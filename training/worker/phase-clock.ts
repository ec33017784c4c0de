/** How long each phase of a run takes, by the clock and in processor time of all threads. */
import type { PhaseTiming } from './worker-messages.ts'

export class PhaseClock {
  private readonly phases = new Map<string, { seconds: number; cpuSeconds: number }>()

  /** Times of one name add up. */
  async time<T>(phase: string, work: () => Promise<T> | T): Promise<T> {
    const startedMs = performance.now()
    const startedCpu = process.cpuUsage()
    try {
      return await work()
    } finally {
      const { user, system } = process.cpuUsage(startedCpu)
      const before = this.phases.get(phase) ?? { seconds: 0, cpuSeconds: 0 }
      this.phases.set(phase, {
        seconds: before.seconds + (performance.now() - startedMs) / 1000,
        cpuSeconds: before.cpuSeconds + (user + system) / 1e6,
      })
    }
  }

  /** In the order in which the phases began. */
  get timings(): PhaseTiming[] {
    return [...this.phases].map(([phase, times]) => ({ phase, ...times }))
  }
}
