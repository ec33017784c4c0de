import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guardStep, newGuardState, type GuardLook } from './guard-rule.ts'

const LIMITS = { errorShareMax: 0.05, latencyRatioMax: 3, rmseRatioMax: 1.1, brierRatioMax: 1.1 }
const fine = { calls: 100, failures: 0, seconds: 0.1 }
const good: GuardLook = { own: fine, champion: fine, rmse: undefined, brier: undefined }
const failing: GuardLook = { ...good, own: { ...fine, failures: 6 } }

/** Number of the look after which it is taken back, or undefined. */
function takenBackAt(looks: readonly GuardLook[]): number | undefined {
  const state = newGuardState()
  const at = looks.findIndex((look) => guardStep(state, look, LIMITS))
  return at === -1 ? undefined : at + 1
}
const times = (count: number, look: GuardLook): GuardLook[] => Array<GuardLook>(count).fill(look)
const slow = { calls: 100, failures: 0, seconds: 2 }
const brier = (outcomes: number, own: number) => ({ outcomes, own, champion: 0.25 })
const rmse = (outcomes: number, own: number) => ({ outcomes, own, champion: 0.1 })

describe('the guard', () => {
  it.each<[string, GuardLook, number | undefined]>([
    ['a version like the champion', good, undefined],
    ['failing calls', failing, 3],
    ['as many failures as are allowed', { ...good, own: { ...fine, failures: 5 } }, undefined],
    [
      'failures of too few calls',
      { ...good, own: { calls: 19, failures: 19, seconds: 1 } },
      undefined,
    ],
    ['calls that take 20 ms instead of 1', { ...good, own: slow }, 3],
    ['slow calls of a slow champion', { ...good, own: slow, champion: slow }, undefined],
    ['calls of 3.5 ms instead of 1', { ...good, own: { ...fine, seconds: 0.35 } }, undefined],
    ['slow calls of the champion itself', { ...good, own: slow, champion: undefined }, undefined],
    ['a worse error', { ...good, rmse: rmse(200, 0.12) }, 3],
    ['an error a little worse', { ...good, rmse: rmse(200, 0.109) }, undefined],
    ['a worse error on few outcomes', { ...good, rmse: rmse(199, 1) }, undefined],
    ['worse probabilities', { ...good, brier: brier(200, 0.28) }, 3],
    ['probabilities a little worse', { ...good, brier: brier(200, 0.274) }, undefined],
    ['worse probabilities on few outcomes', { ...good, brier: brier(199, 1) }, undefined],
  ])('judges %s', (_, look, at) => {
    expect(takenBackAt(times(50, look))).toBe(at)
  })

  it('forgives a burst, and adds up what comes again and again', () => {
    expect(takenBackAt([...times(2, failing), ...times(2, good), ...times(2, failing)])).toBe(
      undefined,
    )
    expect(takenBackAt([failing, failing, good, failing, failing])).toBe(5)
  })

  it('takes nothing back that is good in every other look', () => {
    fc.assert(
      fc.property(fc.nat(100), (pairs) => {
        const looks = Array.from({ length: pairs }, () => [failing, good]).flat()
        expect(takenBackAt(looks)).toBeUndefined()
      }),
    )
  })
})
