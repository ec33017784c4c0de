/**
 * Decides, by a seed, in which order concurrent actors go on. Every simulated request waits for its
 * turn here, so that any interleaving of processes can happen and a seed repeats it.
 *
 * Time passes with the turns, ten milliseconds each, and leaps to the next timer where nobody has
 * anything else to do.
 */
import { setImmediate as settled } from 'node:timers/promises'
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { Timers } from '../../streams/timers.ts'

interface Waiting {
  readonly actor: string
  readonly go: () => void
  /** Simulated time before which it does not go on; 0: at any turn. */
  readonly dueMs: number
}

const TURN_MS = 10

export class Scheduler {
  private readonly random: Random
  private waiting: Waiting[] = []
  /** Actors that stand still, as a stopped process does, until they are woken. */
  private readonly stalled = new Set<string>()
  private readonly dead = new Set<string>()
  turns = 0
  /** Milliseconds since the start, never back. */
  nowMs = 0

  constructor(random: Random) {
    this.random = random
  }

  /** Resolves when it is this actor's turn; never, once it is dead. */
  turn(actor: string): Promise<void> {
    return new Promise((resolve) => this.add({ actor, go: resolve, dueMs: 0 }))
  }

  /** The timers of an actor: they go off when they are due and it is not standing still. */
  timersOf(actor: string): Timers {
    const once = (ms: number, call: () => void) => {
      const timer = { actor, go: call, dueMs: this.nowMs + ms }
      this.add(timer)
      return () => void (this.waiting = this.waiting.filter((each) => each !== timer))
    }
    const every = (ms: number, call: () => void) => {
      let cancel = once(ms, again)
      function again(): void {
        cancel = once(ms, again)
        call()
      }
      return () => cancel()
    }
    const pause = (ms: number, signal: AbortSignal | undefined) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted === true) return resolve()
        const end = () => {
          cancel()
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const cancel = once(ms, end)
        signal?.addEventListener('abort', end)
      })
    return { once, every, pause }
  }

  stall(actor: string): void {
    this.stalled.add(actor)
  }

  wake(actor: string): void {
    this.stalled.delete(actor)
  }

  wakeAll(): void {
    this.stalled.clear()
  }

  /** Nothing of this actor goes on any more. */
  kill(actor: string): void {
    this.dead.add(actor)
    this.waiting = this.waiting.filter((each) => each.actor !== actor)
  }

  /** Gives turns until `done` resolves. @throws what `done` throws, or if everyone stands still */
  async run(done: Promise<unknown>, onTurn: () => void): Promise<void> {
    let ended = false
    const end = done.finally(() => {
      ended = true
    })
    end.catch(() => undefined)
    for (;;) {
      await settled()
      if (ended) break
      const awake = this.waiting.filter(({ actor }) => !this.stalled.has(actor))
      if (awake.length === 0) {
        if (this.stalled.size === 0) throw new Error('Every actor waits for something else')
        this.wakeAll()
        continue
      }
      this.goOn(awake)
      onTurn()
    }
    await end
  }

  private goOn(awake: readonly Waiting[]): void {
    const due = awake.filter(({ dueMs }) => dueMs <= this.nowMs)
    if (due.length === 0) {
      this.nowMs = awake.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity)
      return
    }
    const next = due[Math.floor(this.random.uniform() * due.length)]!
    this.waiting.splice(this.waiting.indexOf(next), 1)
    this.turns += 1
    this.nowMs += TURN_MS
    next.go()
  }

  private add(waiting: Waiting): void {
    if (!this.dead.has(waiting.actor)) this.waiting.push(waiting)
  }
}
