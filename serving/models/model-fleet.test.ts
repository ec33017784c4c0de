import { describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf, give } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import { answeringModel } from './answering-model.ts'
import { ModelFleet } from './model-fleet.ts'

const models = (count: number) =>
  Array.from({ length: count }, (_, n) => fakeModel(publishedModel(n)))

describe('the fleet', () => {
  it('promotes a challenger without loading it, and keeps the old champion to go back to', () => {
    const [old, next] = models(2)
    if (old === undefined || next === undefined) expect.fail()
    const fleet = fleetOf({ model: old }, { model: next, role: 'challenger', weight: 0.2 })
    give(fleet, [{ model: next }])
    expect(fleet.holderOf(MODEL, 'champion')?.model).toBe(next)
    expect([fleet.size, old.closed()]).toEqual([2, false])
    give(fleet, [{ model: old }])
    expect(fleet.holderOf(MODEL, 'champion')?.model).toBe(old)
    expect(next.closed()).toBe(false)
  })

  it('never keeps more versions than it may, whatever happens', async () => {
    const fleet = new ModelFleet(() => undefined, 3)
    const all = models(30)
    for (const [n, model] of all.entries()) {
      const shadow = all[n - 1]
      await fleet.makeRoom()
      expect(fleet.size).toBeLessThanOrEqual(2)
      give(fleet, [
        { model },
        ...(shadow === undefined ? [] : [{ model: shadow, role: 'shadow' as const }]),
      ])
      expect(fleet.size).toBeLessThanOrEqual(3)
    }
    await fleet.clear()
    expect(all.every((model) => model.closed())).toBe(true)
  })

  it('closes a model only when its last call has ended', async () => {
    const [old, next] = models(2)
    if (old === undefined || next === undefined) expect.fail()
    const fleet = new ModelFleet(() => undefined, 1)
    give(fleet, [{ model: old }])
    const release = fleet.holderOf(MODEL, 'champion')?.hold() ?? expect.fail()
    give(fleet, [{ model: next }])
    await new Promise(setImmediate)
    expect(old.closed()).toBe(false)
    release()
    await fleet.makeRoom()
    expect(old.closed()).toBe(true)
  })

  it('goes on with the others when one dies', async () => {
    const [champion, challenger] = models(2)
    if (champion === undefined || challenger === undefined) expect.fail()
    const fleet = fleetOf({ model: champion }, { model: challenger, role: 'challenger', weight: 1 })
    challenger.die(new Error('abort'))
    await challenger.died
    await new Promise(setImmediate)
    expect(answeringModel(fleet, { modelName: MODEL, key: 'x' }).role).toBe('champion')
    expect(fleet.lostModels).toEqual([MODEL])
    fleet.apply([{ modelName: MODEL, role: 'champion', weight: 1, version: champion.version }])
    expect(fleet.isRecovering()).toBe(false)
  })

  it('says what answers, with what must be known of it', () => {
    const shadow = fakeModel(publishedModel(1))
    const gate = {
      passed: false,
      reasons: [],
      significance: 0.05,
      pValueVsZero: null,
      pValueVsChampion: null,
      championVersion: null,
      trials: 1,
      deflatedSharpe: null,
      backtestOverfitting: null,
    }
    const forced = fakeModel(publishedModel(2, { gate, beatsZeroForecast: true }))
    const good = fakeModel(publishedModel(3, { beatsZeroForecast: true }))
    const asked = { modelName: MODEL, key: 'x' }
    const answer = (model: typeof shadow, role: 'champion' | 'shadow') =>
      answeringModel(fleetOf({ model, role }), asked)
    expect(answer(shadow, 'shadow')).toMatchObject({
      role: 'shadow',
      warning: expect.stringContaining('no version has passed') as string,
    })
    expect(answer(shadow, 'champion').warning).toContain('zero-return forecast')
    expect(answer(forced, 'champion').warning).toContain('has not passed the promotion gate')
    expect(answer(good, 'champion').warning).toBeNull()
  })

  it('names what is loaded where a version is not, and the models there are', () => {
    const fleet = fleetOf({ model: fakeModel(publishedModel(1)) })
    const ask = (modelName: string, modelVersion?: string) => () =>
      answeringModel(fleet, { modelName, modelVersion, key: '' })
    expect(ask(MODEL, '1.9.0')).toThrow('loaded are 1.1.0')
    expect(ask('direction_60')).toThrow(`there are models of ${MODEL}`)
    expect(ask(MODEL, '1.1.0')().role).toBe('champion')
  })
})
