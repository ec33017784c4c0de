/**
 * ADX(14) of Wilder 1978, seeded as TA-Lib and R's TTR do it.
 *
 * The sums of +DM and -DM start as the sum of the first 13 values (bars 2-14) and from bar 15 on are
 * S - S/14 + new; DX = 100 |+DI - -DI| / (+DI + -DI), 0 where both are 0; ADX starts at bar 28 as the
 * mean of the first 14 DX. The sum of true ranges, which divides both DI, cancels out of DX.
 */
import { ExponentialAverage } from './exponential-average.ts'
import type { MemoryLayout } from './memory-layout.ts'

const LENGTH = 14

/** See relative-strength.ts: below it the sums only shrink together, and their ratio stays. */
const NEGLIGIBLE = 1e-250

export class AverageDirectionalIndex {
  private readonly up: number
  private readonly down: number
  private readonly count: number
  private readonly average: ExponentialAverage

  constructor(layout: MemoryLayout) {
    this.up = layout.reserve(3, 0)
    this.down = this.up + 1
    this.count = this.up + 2
    this.average = ExponentialAverage.wilder(layout, LENGTH)
  }

  /**
   * @param rise high minus the high before.
   * @param fall the low before minus low.
   * @returns 0..100, NaN before the 27th call.
   */
  update(memory: Float64Array, rise: number, fall: number): number {
    const plus = rise > fall && rise > 0 ? rise : 0
    const minus = fall > rise && fall > 0 ? fall : 0
    let up = memory[this.up]!
    let down = memory[this.down]!
    const count = memory[this.count]!
    if (count < LENGTH - 1) {
      memory[this.up] = up + plus
      memory[this.down] = down + minus
      memory[this.count] = count + 1
      return NaN
    }
    if (plus !== 0 || minus !== 0 || up + down >= NEGLIGIBLE) {
      up = up - up / LENGTH + plus
      down = down - down / LENGTH + minus
      memory[this.up] = up
      memory[this.down] = down
    }
    const both = up + down
    return this.average.update(memory, both === 0 ? 0 : (100 * Math.abs(up - down)) / both)
  }
}
