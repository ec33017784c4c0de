/**
 * The clock on the wall, as processes of a simulated run see it: it goes on with the turns and is set
 * forward and back, by seconds or by days, as a machine's clock is. What comes out may not depend on it.
 */
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { Scheduler } from './scheduler.ts'

const SECOND_MS = 1_000
const DAY_MS = 86_400_000

export class SimulatedClock {
  private readonly scheduler: Scheduler
  private readonly random: Random
  private readonly jumpShare: number
  private offsetMs: number
  /** How often it was set. */
  jumps = 0

  constructor(scheduler: Scheduler, random: Random, startMs: number) {
    this.scheduler = scheduler
    this.random = random
    this.offsetMs = startMs
    this.jumpShare = random.uniform() * 0.02
  }

  get nowMs(): number {
    return this.offsetMs + this.scheduler.nowMs
  }

  /** Now and then sets the clock; as often back as forward. */
  maybeJump(): void {
    const { random } = this
    if (random.uniform() >= this.jumpShare) return
    const unitMs = random.pick([SECOND_MS, 3_600 * SECOND_MS, DAY_MS])
    this.offsetMs += Math.floor((random.uniform() - 0.5) * 4 * unitMs)
    this.jumps += 1
  }

  /** Runs something in a process whose `Date` and `performance.now` are of this clock. */
  async whileInForce<T>(run: () => Promise<T>): Promise<T> {
    const real = { Date: globalThis.Date, now: performance.now.bind(performance) }
    const wallMs = () => this.nowMs
    globalThis.Date = class extends real.Date {
      constructor(...given: readonly unknown[]) {
        super(...((given.length === 0 ? [wallMs()] : given) as [number]))
      }

      static override now(): number {
        return wallMs()
      }
    } as DateConstructor
    performance.now = () => this.scheduler.nowMs
    try {
      return await run()
    } finally {
      globalThis.Date = real.Date
      performance.now = real.now
    }
  }
}
