import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import { testOutcome } from '../../test/support/test-outcome.ts'
import { ErrorBook } from '../live/error-book.ts'
import { RouteGuard, type TakeBack } from './route-guard.ts'

const LIMITS = { errorShareMax: 0.05, latencyRatioMax: 3, rmseRatioMax: 1.1, brierRatioMax: 1.1 }

function setUp(challengerFails: boolean) {
  const champion = fakeModel(publishedModel(0))
  const failing = () => Promise.reject(new Error('cannot'))
  const challenger = fakeModel(publishedModel(1), challengerFails ? failing : undefined)
  const fleet = fleetOf({ model: champion }, { model: challenger, role: 'challenger', weight: 0.2 })
  const errors = new ErrorBook('outcomes.v1')
  const taken: TakeBack[] = []
  const lines: string[] = []
  const guard = new RouteGuard({
    ...{ fleet, errors, limits: LIMITS, everyMs: 60_000 },
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
    takeBack: (what) => {
      taken.push(what)
      return taken.length === 1 ? Promise.reject(new Error('broker away')) : Promise.resolve()
    },
  })
  const call = async (times: number): Promise<void> => {
    for (const { loaded } of fleet.table.get(MODEL) ?? [])
      for (let n = 0; n < times; n += 1)
        await loaded.score(new Float32Array(3), 1).catch(() => undefined)
  }
  return { guard, errors, taken, call, lines }
}

describe('the guard of the routes', () => {
  it('takes a failing challenger back after three looks, and tries again where that fails', async () => {
    const { guard, taken, call, lines } = setUp(true)
    await guard.look()
    for (let look = 0; look < 2; look += 1) {
      await call(30)
      await guard.look()
    }
    expect(taken).toEqual([])
    for (let look = 0; look < 2; look += 1) {
      await call(30)
      await guard.look()
    }
    const expected = {
      modelName: MODEL,
      version: '1.1.0',
      role: 'challenger',
      reason: '30 of 30 calls failed, more than 5.0 %',
    }
    expect(taken).toEqual([expected, expected])
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'A version is taken back',
      'A version could not be taken back',
    ])
  })

  it('takes a challenger back that errs more than the champion on the same bars', async () => {
    const { guard, errors, taken } = setUp(false)
    for (let n = 0; n < 250; n += 1) {
      for (const [modelVersion, realizedReturn] of [
        ['1.0.0', 0.1],
        ['1.1.0', 0.2],
      ] as const)
        errors.add(testOutcome({ modelVersion, realizedReturn, eventTimeMs: n }), {
          partition: 0,
          offset: n,
        })
    }
    for (let look = 0; look < 3; look += 1) await guard.look()
    expect(taken).toMatchObject([
      { version: '1.1.0', reason: expect.stringContaining('250 outcomes') as string },
    ])
  })

  it('takes a classification back whose probabilities are worse on the same bars', async () => {
    const { guard, errors, taken } = setUp(false)
    for (let n = 0; n < 250; n += 1) {
      for (const [modelVersion, probability] of [
        ['1.0.0', 0.5],
        ['1.1.0', n % 2 === 0 ? 0.2 : 0.8],
      ] as const)
        errors.add(
          testOutcome({
            ...{ modelVersion, probability, objective: 'classification', eventTimeMs: n },
            realizedReturn: n % 2 === 0 ? 0.1 : -0.1,
          }),
          { partition: 0, offset: n },
        )
    }
    for (let look = 0; look < 3; look += 1) await guard.look()
    expect(taken).toMatchObject([
      { version: '1.1.0', reason: expect.stringContaining('Brier score over 250') as string },
    ])
  })

  it('leaves alone who does as well as the champion', async () => {
    const { guard, taken, call } = setUp(false)
    for (let look = 0; look < 10; look += 1) {
      await call(30)
      await guard.look()
    }
    expect(taken).toEqual([])
  })
})
