/**
 * Decides, by a seed, in which order concurrent actors go on. Every simulated request waits for its
 * turn here, so that any interleaving of processes can happen and a seed repeats it.
 */
import { setImmediate as settled } from 'node:timers/promises'
import type { Random } from '../../streams/sources/simulation/random.ts'

export class Scheduler {
  private readonly random: Random
  private readonly waiting: { readonly actor: string; readonly go: () => void }[] = []
  /** Actors that stand still, as a stopped process does, until they are woken. */
  private readonly stalled = new Set<string>()
  turns = 0

  constructor(random: Random) {
    this.random = random
  }

  /** Resolves when it is this actor's turn. */
  turn(actor: string): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ actor, go: resolve }))
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
      const next = awake[Math.floor(this.random.uniform() * awake.length)]!
      this.waiting.splice(this.waiting.indexOf(next), 1)
      this.turns += 1
      next.go()
      onTurn()
    }
    await end
  }
}
