import { describe, expect, it } from 'vitest'
import type { Proof } from '../../../schemas/generated.ts'
import { fingerprintOf } from '../alert.ts'
import { afterLook, UNKNOWN } from './condition.ts'
import { lookAtProof } from './proof-reading.ts'

const proof = (more: Partial<Proof>): Proof => ({
  proof: 'skew',
  scope: 'SPX500_USD',
  state: 'passed',
  compared: 1_200,
  different: 0,
  total: null,
  fromMs: null,
  toMs: null,
  startedAt: 0,
  shownAt: 0,
  digestPublished: null,
  digestRecomputed: null,
  firstDifference: null,
  codeVersion: 'v',
  detail: '',
  ...more,
})

describe('a proof', () => {
  it('that failed begins an alert, and the next that passes ends it', () => {
    let condition = UNKNOWN
    const said = [
      proof({}),
      proof({ state: 'running' }),
      proof({ state: 'running', different: 1 }),
      proof({ state: 'failed', different: 3, firstDifference: 'rsi_14 at 10:00' }),
      proof({ state: 'running' }),
      proof({}),
    ].map((each) => {
      const after = afterLook(condition, lookAtProof(each).reading, 1)
      condition = after.condition
      return after.say
    })
    expect(said).toEqual(['resolved', undefined, 'firing', undefined, undefined, 'resolved'])
  })

  it('that failed without a difference, because it could not be made, is bad all the same', () => {
    expect(lookAtProof(proof({ state: 'failed' })).reading).toBe('bad')
  })

  it('says what differs, and where', () => {
    const { message, notice } = lookAtProof(
      proof({ state: 'failed', different: 3, firstDifference: 'rsi_14 at 10:00' }),
    )
    expect(message).toBe(
      'Served features are not those of the second path (SPX500_USD): 3 of 1200 differ; first: rsi_14 at 10:00',
    )
    expect(notice).toMatchObject({ kind: 'skew', subject: 'SPX500_USD', value: 3, threshold: 0 })
  })

  it('of another kind or scope is another alert', () => {
    const all = (['skew', 'replay', 'lookahead', 'duplicates'] as const).flatMap((kind) =>
      ['A', 'all'].map((scope) => fingerprintOf(lookAtProof(proof({ proof: kind, scope })).notice)),
    )
    expect(new Set(all).size).toBe(8)
  })
})
