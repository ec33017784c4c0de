import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import type { ModelRoutes, Role } from './route-table.ts'
import { answeredShare, answeringRoute, trafficPoint } from './traffic-split.ts'

const routes = (...casts: [Role, number][]): ModelRoutes =>
  fleetOf(
    ...casts.map(([role, weight], n) => ({ model: fakeModel(publishedModel(n)), role, weight })),
  ).table.get(MODEL) ?? []

const roleOf = (table: ModelRoutes, key: string): string | undefined =>
  answeringRoute(MODEL, table, key)?.role

describe('the split of traffic', () => {
  // SOURCE: Python 3.11.7, int.from_bytes(hashlib.sha256(f"{n}\0{k}".encode()).digest()[:6], "big") / 2**48
  it.each([
    ['forward_return_30', 'SPX500_USD', 0.7142534469541957],
    ['forward_return_30', 'XAU_USD', 0.5941815269721467],
    ['direction_60', 'SPX500_USD', 0.7166818123959189],
    ['m', '', 0.09550986834973685],
    ['m', 'ключ', 0.9635122015672799],
  ])('puts %s %s where every server puts it', (name, key, point) => {
    expect(trafficPoint(name, key)).toBe(point)
  })

  it.each([0.1, 0.2, 0.5])('gives a challenger of weight %f about that share', (weight) => {
    const table = routes(['champion', 1], ['challenger', weight])
    const keys = Array.from({ length: 20_000 }, (_, n) => `key ${n}`)
    const share = keys.filter((key) => roleOf(table, key) === 'challenger').length / keys.length
    // Four standard errors.
    expect(Math.abs(share - weight)).toBeLessThan(4 * Math.sqrt((weight * (1 - weight)) / 20_000))
  })

  it('keeps a key where it is while the weight grows', () => {
    const weight = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.string(), weight, weight, (key, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        const before = roleOf(routes(['champion', 1], ['challenger', less]), key)
        const after = roleOf(routes(['champion', 1], ['challenger', more]), key)
        if (before === 'challenger') expect(after).toBe('challenger')
        if (after === 'champion') expect(before).toBe('champion')
      }),
    )
  })

  it.each([
    [
      [
        ['champion', 1],
        ['shadow', 0],
      ],
      'champion',
      [1, 0],
    ],
    [
      [
        ['champion', 1],
        ['challenger', 0],
      ],
      'champion',
      [1, 0],
    ],
    [
      [
        ['champion', 1],
        ['challenger', 1],
      ],
      'challenger',
      [0, 1],
    ],
    [
      [
        ['challenger', 0.1],
        ['shadow', 0],
      ],
      'challenger',
      [1, 0],
    ],
    [[['shadow', 0]], 'shadow', [1]],
  ] as [[Role, number][], Role, number[]][])('of %j lets %s answer', (casts, role, shares) => {
    const table = routes(...casts)
    for (let n = 0; n < 50; n += 1) expect(roleOf(table, `key ${n}`)).toBe(role)
    expect(table.map((route) => answeredShare(table, route))).toEqual(shares)
  })

  it('has nobody to answer where there is no route', () => {
    expect(answeringRoute(MODEL, [], 'x')).toBeUndefined()
  })
})
