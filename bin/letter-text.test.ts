import { describe, expect, it } from 'vitest'
import { textOf } from './letter-text.ts'

describe('textOf', () => {
  it('shows text as text', () => {
    expect(textOf(Buffer.from('2024-01-02,470.1,é'))).toBe('2024-01-02,470.1,é')
  })

  it('shows what is no text in hexadecimal digits', () => {
    expect(textOf(Buffer.from([0, 0, 0, 0, 7, 255]))).toBe('0x0000000007ff')
  })

  it('keeps control sequences from the terminal', () => {
    expect(textOf(Buffer.from('a\r\nb'))).toBe('a\\r\\nb')
    expect(textOf(Buffer.from('\u001b[2J'))).toBe('0x1b5b324a')
  })

  it('says how much of long bytes it does not show', () => {
    expect(textOf(Buffer.alloc(5_000, 'x'))).toMatch(/^x{2000}… \(5000 bytes in all\)$/)
  })
})
