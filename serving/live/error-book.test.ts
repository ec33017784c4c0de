import { describe, expect, it } from 'vitest'
import { testOutcome } from '../../test/support/test-outcome.ts'
import { ErrorBook } from './error-book.ts'

const VERSION = {
  modelName: 'forward_return_30',
  modelVersion: '1.0.0',
  instrument: 'SPX500_USD',
}

function bookOf(count: number, overrides: Parameters<typeof testOutcome>[0] = {}): ErrorBook {
  const book = new ErrorBook('outcomes.v1')
  for (let n = 0; n < count; n += 1) {
    const outcome = testOutcome({
      predictedReturn: 1,
      realizedReturn: n % 7,
      eventTimeMs: n,
      ...overrides,
    })
    book.add(outcome, { partition: 2, offset: 10 * n })
  }
  return book
}

describe('the book of errors', () => {
  it('knows nothing before there are enough', () => {
    expect(bookOf(199).knownBy(VERSION, 1_000)).toBeUndefined()
    expect(bookOf(200).knownBy(VERSION, 1_000)?.sorted.length).toBe(200)
    expect(bookOf(200).knownBy({ ...VERSION, instrument: 'XAU_USD' }, 1_000)).toBeUndefined()
  })

  it('tells the newest errors with their signs and sizes, and where they are from', () => {
    const known = bookOf(2_500).knownBy(VERSION, 10_000) ?? expect.fail()
    const errors = Array.from({ length: 2_000 }, (_, index) => ((500 + index) % 7) - 1)
    expect([...known.sorted]).toEqual([...errors].sort((a, b) => a - b))
    expect([...known.sortedAbsolute]).toEqual(errors.map(Math.abs).sort((a, b) => a - b))
    expect(known.lineage).toEqual({
      topic: 'outcomes.v1',
      partition: 2,
      fromOffset: 5_000,
      toOffset: 24_990,
    })
  })

  it('does not tell a vector what came after it', () => {
    const known = bookOf(1_000).knownBy(VERSION, 299) ?? expect.fail()
    expect([known.sorted.length, known.lineage.toOffset]).toEqual([300, 2_990])
    expect(bookOf(1_000).knownBy(VERSION, 150)).toBeUndefined()
  })

  it('takes no classification and nothing that never came', () => {
    expect(bookOf(300, { objective: 'classification' }).knownBy(VERSION, 1_000)).toBeUndefined()
    expect(bookOf(300, { realizedReturn: null }).knownBy(VERSION, 1_000)).toBeUndefined()
  })

  it('forgets the pair that was silent longest', () => {
    const book = bookOf(200)
    for (let n = 0; n < 512; n += 1)
      book.add(testOutcome({ instrument: `I_${n}` }), { partition: 0, offset: n })
    expect(book.knownBy(VERSION, 1_000)).toBeUndefined()
  })

  it('compares two versions on the bars they share', () => {
    const book = bookOf(300)
    for (let n = 200; n < 400; n += 1) {
      const other = { modelVersion: '1.1.0', predictedReturn: n % 7, realizedReturn: (n % 7) + 2 }
      book.add(testOutcome({ ...other, eventTimeMs: n }), { partition: 2, offset: n })
    }
    const errors = Array.from({ length: 100 }, (_, n) => ((200 + n) % 7) - 1)
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / 100)
    expect(book.pairedRmse(VERSION.modelName, '1.1.0', '1.0.0')).toEqual({
      outcomes: 100,
      own: 2,
      champion: expect.closeTo(rmse, 12) as number,
    })
    expect(book.pairedRmse(VERSION.modelName, '1.1.0', '1.2.0')).toBeUndefined()
  })

  it('scores two classifications by Brier on the bars that both have outcomes of', () => {
    const book = new ErrorBook('outcomes.v1')
    const add = (modelVersion: string, n: number, probability: number | null): void =>
      book.add(
        testOutcome({
          ...{ modelVersion, probability, objective: 'classification', eventTimeMs: n },
          realizedReturn: (n * 29) % 7 < 4 ? 0.1 : -0.1,
        }),
        { partition: 0, offset: n },
      )
    for (let n = 0; n < 250; n += 1) {
      add('1.0.0', n, ((n * 37) % 101) / 101)
      add('1.1.0', n, ((n * 53) % 97) / 97)
    }
    add('1.1.0', 250, 1)
    add('1.1.0', 251, null)
    const paired = book.pairedBrier('forward_return_30', '1.1.0', '1.0.0') ?? expect.fail()
    // SOURCE: scikit-learn 1.9.1, brier_score_loss(y, p) of the same 250 outcomes and probabilities.
    expect(paired.outcomes).toBe(250)
    expect(paired.own).toBeCloseTo(0.3287962589010522, 12)
    expect(paired.champion).toBeCloseTo(0.33216429761788063, 12)
    expect(book.pairedBrier('forward_return_30', '1.1.0', '1.9.0')).toBeUndefined()
    expect(book.pairedRmse('forward_return_30', '1.1.0', '1.0.0')).toBeUndefined()
  })
})
