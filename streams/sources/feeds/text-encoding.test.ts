import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { decodeText } from './text-encoding.ts'

const TEXT = 'K\u00f6nigsbank \u2013 profit \u20ac5bn'
const xml = (label: string, text = TEXT) =>
  `<?xml version="1.0" encoding="${label}"?><rss>${text}</rss>`
const has = (bytes: Buffer, header?: string) => expect(decodeText(bytes, header)).toContain(TEXT)

describe('decodeText', () => {
  it('takes UTF-8 where nothing is said', () => has(Buffer.from(TEXT)))

  it('takes the header before the declaration', () => {
    has(iconv.encode(xml('utf-8'), 'windows-1252'), 'text/xml; charset=windows-1252')
    has(iconv.encode(xml('utf-8'), 'windows-1252'), 'text/xml;charset="ISO-8859-1"')
    has(iconv.encode(xml('iso-8859-1'), 'utf8'), 'application/rss+xml; charset=UTF-8')
  })

  it('takes the declaration where the header says nothing, or nothing known', () => {
    has(iconv.encode(xml('windows-1252'), 'windows-1252'), 'text/xml')
    has(iconv.encode(xml('ISO-8859-1'), 'windows-1252'), 'text/xml; charset=martian')
    const russian = '\u0420\u044b\u043d\u043e\u043a'
    expect(decodeText(iconv.encode(xml('windows-1251', russian), 'win1251'), undefined)).toContain(
      russian,
    )
    const chinese = '\u80a1\u5e02'
    expect(decodeText(iconv.encode(xml('GB2312', chinese), 'gbk'), undefined)).toContain(chinese)
  })

  it.each(['utf-16le', 'utf-16be'])('sees %s by its mark, or by its first bytes', (name) => {
    has(iconv.encode(xml('utf-16'), name, { addBOM: true }), 'text/xml; charset=utf-8')
    has(iconv.encode(xml('utf-16'), name, { addBOM: false }))
  })

  it('believes the mark before any label', () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(TEXT)])
    expect(decodeText(bytes, 'text/xml; charset=iso-8859-1')).toBe(TEXT)
  })

  it('sees through wrong labels', () => {
    has(iconv.encode(xml('utf-8'), 'windows-1252'), 'text/xml; charset=utf-8')
    has(Buffer.from(xml('utf-16')), 'text/xml; charset=utf-16')
  })

  it('keeps a UTF-8 text in which a few bytes are broken', () => {
    const bytes = Buffer.concat([
      Buffer.from(TEXT),
      Buffer.from([0xff]),
      Buffer.from('\u00e9t\u00e9'),
    ])
    expect(decodeText(bytes, undefined)).toBe(`${TEXT}\uFFFD\u00e9t\u00e9`)
  })
})
