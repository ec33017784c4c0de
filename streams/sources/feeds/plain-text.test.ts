import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText } from './plain-text.ts'

describe('plainText', () => {
  it.each([
    ['Stocks &amp; bonds', 'Stocks & bonds'],
    ['<b>Stocks</b> <i class="x > y">rally</i>', 'Stocks rally'],
    ['Fed&#8217;s move&nbsp;&mdash; &quot;done&quot;', 'Fed\u2019s move \u2014 "done"'],
    ['<p>One.</p><p>Two.<br/>Three.</p>', 'One.\nTwo.\nThree.'],
    ['a<script>alert("<b>")</script>b<style>p{}</style>c', 'abc'],
    ['a<SCRIPT>x</Script >b', 'ab'],
    ['a<script>never closed', 'a'],
    ['a<!-- no > comment -->b<!-- open', 'ab'],
    ['<![CDATA[kept]]>', 'kept]]>'],
    ['P/E < 10 and yield > 5 %', 'P/E < 10 and yield > 5 %'],
    ['<AAPL> up, x<y and y>z', '<AAPL> up, x<y and y>z'],
    ['&lt;b&gt;not a tag&lt;/b&gt;', '<b>not a tag</b>'],
    ['AT&T, Q&A, &copy 2024, &unknown;', 'AT&T, Q&A, \u00a9 2024, &unknown;'],
    ['  many \t spaces \r\n\r\n and lines  ', 'many spaces\nand lines'],
    ['zero\u200Bwidth\0and\u0007bell\uFEFF', 'zerowidthandbell'],
    ['cut <a href="https://x', 'cut'],
    ['ends with <', 'ends with <'],
    ['<img src=x onerror="alert(1)">Text', 'Text'],
    ['', ''],
  ])('%j', (html, text) => expect(plainText(html)).toBe(text))

  it('leaves a text without marks as it is', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9.,:;!?%$'"()-]{1,10}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(plainText(words.join(' '))).toBe(words.join(' '))
      }),
    )
  })

  it('takes time in proportion to the length, whatever is in it', () => {
    for (const part of [
      '<',
      '<a ',
      '<a b="',
      '</',
      '<!--',
      '<script>',
      '&',
      '&amp',
      '<p>',
      ' \n',
      '<b/',
    ]) {
      const begin = performance.now()
      plainText(part.repeat(1_000_000 / part.length))
      expect(performance.now() - begin, part).toBeLessThan(3_000)
    }
  })
})
