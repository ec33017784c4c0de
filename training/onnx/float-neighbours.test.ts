import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextDown32, nextDown64, nextUp32 } from './float-neighbours.ts'

const finite32 = fc.float({
  noNaN: true,
  noDefaultInfinity: true,
  max: Math.fround(3e38),
  min: Math.fround(-3e38),
})

describe('float neighbours', () => {
  it('have no float between them and the number', () => {
    fc.assert(
      fc.property(finite32, (value) => {
        const up = nextUp32(value)
        expect(up).toBeGreaterThan(value)
        expect(nextDown32(up)).toBe(value === 0 ? 0 : value)
        const middle = value + (up - value) / 2
        expect([value, up]).toContain(Math.fround(middle) === 0 ? 0 : Math.fround(middle))
      }),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300 }), (value) => {
        const down = nextDown64(value)
        expect(down).toBeLessThan(value)
        expect([value, down]).toContain(down + (value - down) / 2)
      }),
    )
  })

  // SOURCE: numpy 2.4.6, np.nextafter
  it('agree with numpy', () => {
    expect(nextUp32(1)).toBe(1.00000011920928955078125)
    expect(nextUp32(0)).toBe(2 ** -149)
    expect(nextDown32(0)).toBe(-(2 ** -149))
    expect(nextUp32(3.4028234663852886e38)).toBe(Infinity)
    expect(nextDown64(1)).toBe(0.9999999999999999)
    expect(nextDown64(-1)).toBe(-1.0000000000000002)
  })
})
