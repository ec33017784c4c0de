import { describe, expect, it } from 'vitest'
import { softmax } from '../class-probabilities.ts'
import { applyHead, headFile, parseHead, type SentimentHead } from './sentiment-head.ts'

/** Two inputs, two hidden units, two networks; numbers that float32 holds exactly. */
const head: SentimentHead = {
  description: {
    format: 'candlewire-sentiment-head/1',
    pools: ['mean12'],
    hidden: 2,
    networks: 2,
    encoderSha256: 'e',
    tokenizerSha256: 't',
  },
  mean: Float32Array.of(1, -1),
  scale: Float32Array.of(2, 0.5),
  networks: [
    {
      w1: Float32Array.of(1, 0, 0, -1),
      b1: Float32Array.of(0, 0.5),
      w2: Float32Array.of(1, 0, 0, 1, 0.5, 0.5),
      b2: Float32Array.of(0, 0, 1),
    },
    {
      w1: Float32Array.of(0, 0, 0, 0),
      b1: Float32Array.of(0, 0),
      w2: Float32Array.of(0, 0, 0, 0, 0, 0),
      b2: Float32Array.of(0, 0, 0),
    },
  ],
}

describe('applyHead', () => {
  it('is the mean of the networks, worked out by hand', () => {
    // Normalised (2, 4); hidden (2, max(0, -3.5)); logits (2, 0, 2); the other network gives thirds.
    const e2 = Math.exp(2)
    const [p, n] = [e2 / (2 * e2 + 1), 1 / (2 * e2 + 1)]
    const answer = applyHead(head, Float64Array.of(5, 1))
    ;[p, n, p].forEach((value, index) => expect(answer[index]).toBeCloseTo((value + 1 / 3) / 2, 15))
  })

  it('refuses features of another width', () => {
    expect(() => applyHead(head, Float64Array.of(1))).toThrow('takes 2 features, not 1')
  })
})

describe('the file of a head', () => {
  it('reads back as it was', () => {
    expect(parseHead(headFile(head), 2)).toEqual(head)
  })

  it('is refused cut, extended, or of another kind', () => {
    const file = headFile(head)
    const refused = expect.objectContaining({ code: 'SENTIMENT_MODEL_REFUSED' }) as unknown
    for (const bad of [
      file.subarray(0, file.length - 1),
      Buffer.concat([file, Buffer.alloc(4)]),
      Buffer.from('{"format":"other"}\n'),
      Buffer.from('PK\u0003\u0004'),
      new Uint8Array(),
    ])
      expect(() => parseHead(bad, 2)).toThrow(refused as Error)
  })
})

it('makes probabilities of any logits', () => {
  expect([...softmax(Float64Array.of(1000, 1000, -1000))]).toEqual([0.5, 0.5, 0])
  expect([...softmax(Float64Array.of(-1e308, 0, 0))]).toEqual([0, 0.5, 0.5])
})
