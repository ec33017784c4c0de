import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalUrl, URL_LENGTH_MAX, urlIdentity } from './canonical-url.ts'

describe('canonicalUrl', () => {
  it.each([
    ['HTTPS://News.Example.COM:443/a/b/', 'https://news.example.com/a/b'],
    ['http://a.example:80', 'http://a.example/'],
    ['http://a.example:8080/x', 'http://a.example:8080/x'],
    ['https://a.example./x', 'https://a.example/x'],
    ['https://a.example/x#top', 'https://a.example/x'],
    ['https://a.example/x?utm_source=rss&utm_medium=feed', 'https://a.example/x'],
    ['https://a.example/x?UTM_Source=rss&id=7&fbclid=1', 'https://a.example/x?id=7'],
    ['https://a.example/x?b=2&a=1&b=1', 'https://a.example/x?a=1&b=2&b=1'],
    ['https://a.example/x?&&', 'https://a.example/x'],
    ['https://reader:secret@a.example/x', 'https://a.example/x'],
    ['https://a.example/x?token=abc&id=7', 'https://a.example/x?id=7'],
    ['https://a.example/x;jsessionid=8F3A', 'https://a.example/x'],
    ['https://a.example/%7euser/%e2%82%ac', 'https://a.example/~user/%E2%82%AC'],
    ['https://a.example/x?q=a%20b%2fc', 'https://a.example/x?q=a%20b%2Fc'],
    ['https://b\u00fccher.example/', 'https://xn--bcher-kva.example/'],
    ['https://a.example/a/../b/./c', 'https://a.example/b/c'],
    ['  https://a.example/x\n', 'https://a.example/x'],
  ])('%s', (given, canonical) => expect(canonicalUrl(given)).toBe(canonical))

  it('keeps what may tell two articles apart', () => {
    const links = ['/x?id=1', '/x?id=2', '/X?id=1', '/x?ID=1&p=', '/x?key=1', '/y?id=1']
    expect(new Set(links.map((link) => canonicalUrl(`https://a.example${link}`))).size).toBe(6)
  })

  it('resolves a relative link', () => {
    const base = 'https://a.example/feeds/rss.xml'
    expect(canonicalUrl('../story/1?utm_x=1', base)).toBe('https://a.example/story/1')
    expect(canonicalUrl('//cdn.example/2', base)).toBe('https://cdn.example/2')
    expect(canonicalUrl('story/1')).toBeUndefined()
  })

  it('refuses what is no web page', () => {
    const links = ['', 'javascript:alert(1)', 'mailto:a@b.example', 'ftp://a.example/', 'http://']
    const long = `https://a.example/${'x'.repeat(URL_LENGTH_MAX)}`
    for (const link of [...links, long]) expect(canonicalUrl(link)).toBeUndefined()
  })

  it('of a canonical address is the address itself', () => {
    const part = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
    const parameters = fc.array(fc.tuple(part, part), { maxLength: 5 })
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true }), parameters, (url, extra) => {
        const [bare = ''] = url.split(/[?#]/)
        const query = extra.map(([name, value]) => `${name}=${value}`).join('&')
        const once = canonicalUrl(`${bare}?${query}#f`)
        expect(once).toBeDefined()
        expect(canonicalUrl(once ?? '')).toBe(once)
        expect(urlIdentity(once ?? '')).toBe(urlIdentity(`${bare}?${query}#g`))
      }),
    )
  })
})

describe('urlIdentity', () => {
  it('is the same however the page is linked', () => {
    const links = [
      'http://www.a.example/x/?utm_source=y',
      'https://a.example/x',
      'https://WWW.A.example:443/x#comments',
    ]
    expect(new Set(links.map(urlIdentity))).toEqual(new Set(['a.example/x']))
  })

  it('is nothing for what is no link', () => expect(urlIdentity('tag:x,2024:1')).toBeUndefined())
})
