import fc from 'fast-check'
import { expect, it } from 'vitest'
import { scorableText, TEXT_UNITS_MAX } from './scorable-text.ts'

it('passes an ordinary headline as it is', () => {
  const text = 'Öl fällt um 3,5 % – $BP 📉'
  expect(scorableText(text)).toEqual({ text })
})

it.each(['', '   \n', '!?… — $ %', '\0\u0001', '👍👎', '\u0301'])(
  'refuses %j, which has nothing to read',
  (text) => {
    expect(scorableText(text)).toEqual({ error: 'the text has no letter and no digit' })
  },
)

it('cuts a text of megabytes, even inside a surrogate pair', () => {
  const scorable = scorableText(`${'a'.repeat(TEXT_UNITS_MAX - 1)}${'😀'.repeat(1_000_000)}`)
  expect('text' in scorable && scorable.text).toBe(`${'a'.repeat(TEXT_UNITS_MAX - 1)}\uFFFD`)
})

it('gives well-formed text whatever comes in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }), (units) => {
      const scorable = scorableText(`a${String.fromCharCode(...units)}`)
      const text = 'text' in scorable ? scorable.text : ''
      expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text)
      expect(text.length).toBe(units.length + 1)
    }),
  )
})
