import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { evenlySpacedRows, makeReferenceProfile } from './make-reference-profile.ts'
import { decodeReferenceProfile, encodeReferenceProfile } from './reference-profile-codec.ts'
import { REFERENCE_ROWS } from './reference-profile.ts'

const training = (rows: number, columns: readonly string[] = ['a', 'b', 'c']) => ({
  columns,
  rows,
  matrix: Float32Array.from({ length: rows * columns.length }, (_, i) =>
    i % 7 === 0 ? NaN : (i % 13) / 4,
  ),
  predictions: Float64Array.from({ length: rows }, (_, i) => i / 16),
  labels: Float64Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? NaN : i / 8)),
  eventTimeMs: Float64Array.from({ length: rows }, (_, i) => 1_700_000_000_000 + i * 60_000),
})
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('reference profile', () => {
  it('comes back from its bytes as it was, and from the same profile come the same bytes', () => {
    const profile = makeReferenceProfile(training(101), { 'b.x': [1, 0.1], 'a.y': [] })
    const bytes = encodeReferenceProfile(profile)
    expect(decodeReferenceProfile(bytes)).toEqual(profile)
    const reordered = { ...profile, calibration: { 'a.y': [], 'b.x': [1, 0.1] } }
    expect(sha256(encodeReferenceProfile(reordered))).toBe(sha256(bytes))
    // Pinned: a change of the layout needs a new magic, because digests name published artifacts.
    expect(sha256(encodeReferenceProfile(makeReferenceProfile(training(3), { k: [0.5] })))).toBe(
      '3279a03d6b855c039bc916f31d1f07b91f77e391546e21e575dad9e3842bce09',
    )
  })

  it('is read from bytes at any alignment', () => {
    const profile = makeReferenceProfile(training(5))
    const bytes = encodeReferenceProfile(profile)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(decodeReferenceProfile(shifted.subarray(3))).toEqual(profile)
  })

  it('keeps evenly spaced rows, the first and the last among them', () => {
    const rows = 25_013
    const source = training(rows, ['a', 'b'])
    const profile = makeReferenceProfile(source)
    expect([profile.rows, profile.eventTimeMs[0], profile.eventTimeMs.at(-1)]).toEqual([
      REFERENCE_ROWS,
      source.eventTimeMs[0],
      source.eventTimeMs[rows - 1],
    ])
    const picked = evenlySpacedRows(rows)
    const steps = new Set([...picked].slice(1).map((row, i) => row - picked[i]!))
    expect([...steps].sort()).toEqual([2, 3])
    for (const row of [0, 17, 9_999])
      expect(profile.values[REFERENCE_ROWS + row]).toBe(source.matrix[picked[row]! * 2 + 1])
  })

  it('refuses cut, extended and changed bytes with a reason, and never reads beyond them', () => {
    const good = encodeReferenceProfile(makeReferenceProfile(training(9)))
    const refusal = (bytes: Uint8Array): string => {
      try {
        decodeReferenceProfile(bytes)
        return 'accepted'
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CandlewireError)
        return (thrown as CandlewireError).message
      }
    }
    expect(refusal(new Uint8Array(0))).toMatch(/do not begin with CWPROF01/)
    expect(refusal(good.subarray(0, good.length - 1))).toMatch(/instead of/)
    expect(refusal(new Uint8Array([...good, 0]))).toMatch(/instead of/)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(good)
        changed[at] = byte
        const answer = refusal(changed)
        // What is neither header nor times may change: then it is another profile.
        expect(answer === 'accepted' || answer.startsWith('Reference profile: ')).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses to write what it would refuse to read', () => {
    const profile = makeReferenceProfile(training(4))
    const faulty = [
      { ...profile, rows: 5 },
      { ...profile, columns: ['a', 'a', 'b'] },
      { ...profile, labels: profile.labels.subarray(1) },
      { ...profile, eventTimeMs: profile.eventTimeMs.toReversed() },
      { ...profile, calibration: { ks: [NaN] } },
    ]
    for (const each of faulty)
      expect(() => encodeReferenceProfile(each)).toThrow(/Reference profile: /)
  })
})
