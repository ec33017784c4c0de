/** Lets a bounded number of callers do their work at a time; the others wait in their order. */
export class Turnstile {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(places: number) {
    this.free = places
  }

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.free -= 1
    try {
      return await work()
    } finally {
      // The place goes to the next one, or becomes free.
      const next = this.waiting.shift()
      if (next === undefined) this.free += 1
      else next()
    }
  }
}
