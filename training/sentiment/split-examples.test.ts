import { describe, expect, it } from 'vitest'
import type { SentimentExample } from './sentiment-examples.ts'
import { splitByDigest, splitByTime, type Split } from './split-examples.ts'

const example = (text: string, month: string): SentimentExample => ({
  text,
  month,
  target: Float64Array.of(0, 0, 1),
})
const texts = (examples: readonly SentimentExample[]): string[] => examples.map(({ text }) => text)

describe('splitByTime', () => {
  it('trains on the past alone and forgets what comes again', () => {
    const split = splitByTime(
      [
        example('Stocks rise', '2020-01'),
        example('STOCKS - rise !', '2020-02'),
        example('Stocks fall', '2020-03'),
        example('stocks rise', '2020-03'),
        example('Stocks, fall', '2020-04'),
        example('Bonds fall', '2020-05'),
      ],
      { validation: '2020-03', holdOut: '2020-04' },
    )
    expect(texts(split.train)).toEqual(['Stocks rise'])
    expect(texts(split.validation)).toEqual(['Stocks fall'])
    expect(texts(split.holdOut)).toEqual(['Bonds fall'])
  })
})

describe('splitByDigest', () => {
  const sentences = Array.from({ length: 5_000 }, (_, index) => example(`sentence ${index}`, ''))
  const parts = (split: Split) => [split.train, split.validation, split.holdOut]

  it('puts every sentence on one side, six, two and two tenths of them', () => {
    const split = parts(splitByDigest(sentences))
    expect(new Set(split.flatMap(texts)).size).toBe(5_000)
    expect(split.map((part) => Math.round(part.length / 500))).toEqual([6, 2, 2])
  })

  it('keeps a sentence on its side whatever else is there', () => {
    const all = parts(splitByDigest(sentences)).map((part) => new Set(texts(part)))
    const some = parts(splitByDigest(sentences.slice(1_000, 2_000)))
    some.forEach((part, side) =>
      expect(texts(part).every((text) => all[side]?.has(text))).toBe(true),
    )
  })
})
