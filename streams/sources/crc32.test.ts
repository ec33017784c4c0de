import { expect, it } from 'vitest'
import { crc32 } from './crc32.ts'

// SOURCE: the check value of CRC-32/ISO-HDLC, and Python 3.11 zlib.crc32(bytes(range(256)) * 5).
it('is CRC-32, in one piece or in several', () => {
  expect(crc32(Buffer.from('123456789'), 0)).toBe(0xcbf43926)
  expect(crc32(Buffer.from('6789'), crc32(Buffer.from('12345'), 0))).toBe(0xcbf43926)
  expect(crc32(Buffer.alloc(0), 0)).toBe(0)
  const bytes = Buffer.from(Array.from({ length: 1280 }, (_, index) => index % 256))
  expect(crc32(bytes, 0)).toBe(511339812)
})
