import { expect, it } from 'vitest'
import { CompensatedAverage } from './compensated-average.ts'
import { ExponentialAverage } from './exponential-average.ts'
import { MemoryLayout } from './memory-layout.ts'

it('is the exponential average, and gives equal inputs exactly themselves', () => {
  const layout = new MemoryLayout()
  const compensated = new CompensatedAverage(layout, 5)
  const plain = ExponentialAverage.ema(layout, 5)
  const memory = layout.initialMemory()
  for (let i = 0; i < 200; i++) {
    const input = 100 + ((i * 37) % 11) / 8
    const [wanted, got] = [plain.update(memory, input), compensated.update(memory, input)]
    if (i < 4) expect([wanted, got]).toEqual([NaN, NaN])
    else expect(got / wanted).toBeCloseTo(1, 14)
  }
  // 500 steps of 2/3 take what was left of 100 to 1e-86: far below the last digit of 0.1.
  for (let i = 0; i < 500; i++) compensated.update(memory, 0.1)
  expect(Math.abs(compensated.below(memory, 0.1))).toBeLessThan(1e-80)
})

it('keeps the difference of two averages to more digits than they have', () => {
  // The exact values are integers over powers of two, so that they can be worked out in bigint.
  const layout = new MemoryLayout()
  const [fast, slow] = [new CompensatedAverage(layout, 3), new CompensatedAverage(layout, 7)]
  const memory = layout.initialMemory()
  const closes = Array.from({ length: 40 }, (_, i) => 1_000_000 + ((i * 37) % 11) / 1024)
  const exact = (n: number, shift: bigint): number => {
    const scaled = closes.map((close) => BigInt(close * 1024))
    // Fixed point with 400 fractional bits; both alphas are powers of two.
    let average = (scaled.slice(0, n).reduce((a, b) => a + b) << 400n) / BigInt(n)
    for (const close of scaled.slice(n)) average += ((close << 400n) - average) >> shift
    return Number(average - (1_000_000n << 410n)) / 2 ** 410
  }
  for (const close of closes) {
    fast.update(memory, close)
    slow.update(memory, close)
  }
  const difference = exact(3, 1n) - exact(7, 2n)
  expect(fast.minus(memory, slow) / difference).toBeCloseTo(1, 12)
})
