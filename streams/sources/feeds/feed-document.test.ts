import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { ITEMS_MAX, parseFeedDocument } from './feed-document.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
const rss = (items: string, more = '') =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Wire</title><link>https://a.example/</link>${more}${items}</channel></rss>`
const refusal = (text: string) => {
  try {
    parseFeedDocument(text)
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe('parseFeedDocument', () => {
  it('reads RSS 2.0', () => {
    const full = `<item><title><![CDATA[Stocks &amp; <b>bonds</b>]]></title><link>/1?a=1&amp;b=2</link><guid isPermaLink="false">g1</guid>
      <pubDate>Tue, 20 Feb 2024 14:30:00 GMT</pubDate><description>&lt;p&gt;Short&lt;/p&gt;</description>
      <content:encoded><![CDATA[<p>Long</p><p>text</p>]]></content:encoded><dc:creator>A. Writer</dc:creator>
      <source url="https://w.example/rss">World Wire</source></item>`
    const bare = '<item><guid>https://a.example/2</guid><description>Only this</description></item>'
    const document = parseFeedDocument(rss(full + bare, '<language>en-us</language><ttl>30</ttl>'))
    expect(document).toEqual({
      format: 'rss',
      homeLink: 'https://a.example/',
      ttlMs: 1_800_000,
      itemsTotal: 2,
      items: [
        {
          guid: 'g1',
          link: '/1?a=1&b=2',
          title: 'Stocks & bonds',
          body: 'Long\ntext',
          author: 'A. Writer',
          publishedAtMs: T,
          language: 'en-us',
          publisher: 'World Wire',
        },
        {
          guid: 'https://a.example/2',
          link: 'https://a.example/2',
          title: '',
          body: 'Only this',
          author: undefined,
          publishedAtMs: undefined,
          language: 'en-us',
          publisher: undefined,
        },
      ],
    })
  })

  it('reads Atom, telling text from HTML', () => {
    const document =
      parseFeedDocument(`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>W</title><id>f</id>
      <link rel="self" href="https://a.example/atom"/><link href="https://a.example/"/><author><name>Desk</name></author>
      <entry><id>tag:a,2024:1</id><title type="html">Profit &amp;amp; loss</title><link rel="edit" href="/e"/><link rel="alternate" href="/1"/>
        <updated>2024-02-20T15:00:00Z</updated><published>2024-02-20T15:30:00+01:00</published><summary>Sum</summary></entry>
      <entry><id>2</id><title>P/E &lt;b&gt; &amp;amp;</title><link href="/2"/><updated>2024-02-20T14:30:00Z</updated>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two</p></div></content><author><name>B</name></author></entry></feed>`)
    expect(document).toMatchObject({ format: 'atom', homeLink: 'https://a.example/' })
    expect(document.items).toMatchObject([
      {
        guid: 'tag:a,2024:1',
        link: '/1',
        title: 'Profit & loss',
        body: 'Sum',
        author: 'Desk',
        publishedAtMs: T,
        language: 'de',
      },
      {
        guid: '2',
        link: '/2',
        title: 'P/E <b> &amp;',
        body: 'One\nTwo',
        author: 'B',
        publishedAtMs: T,
      },
    ])
  })

  it('reads RDF', () => {
    const document =
      parseFeedDocument(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel rdf:about="https://a.example/rdf"><title>W</title><link>https://a.example/</link><description>d</description><dc:language>ja</dc:language></channel>
      <item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link><dc:date>2024-02-20T14:30:00Z</dc:date><dc:creator>C</dc:creator></item></rdf:RDF>`)
    expect(document.items).toMatchObject([
      {
        guid: 'https://a.example/1',
        link: 'https://a.example/1',
        title: 'One',
        author: 'C',
        publishedAtMs: T,
        language: 'ja',
      },
    ])
  })

  it('reads JSON Feed', () => {
    const document = parseFeedDocument(
      JSON.stringify({
        version: 'https://jsonfeed.org/version/1.1',
        title: 'W',
        language: 'en',
        home_page_url: 'https://a.example/',
        items: [
          {
            id: '1',
            url: 'https://a.example/1',
            title: 'A & B',
            content_html: '<p>x</p>',
            date_published: '2024-02-20T14:30:00Z',
            authors: [{ name: 'D' }],
          },
          { id: 'https://a.example/2', content_text: 'plain <b>' },
        ],
      }),
    )
    expect(document.items).toMatchObject([
      { guid: '1', title: 'A & B', body: 'x', author: 'D', publishedAtMs: T, language: 'en' },
      { link: 'https://a.example/2', title: '', body: 'plain <b>', publishedAtMs: undefined },
    ])
  })

  it.each([
    ['<!DOCTYPE html><html><body>Moved</body></html>', /HTML page/],
    ['  <html lang="en">', /HTML page/],
    ['', /no feed/],
    ['Service unavailable', /no feed/],
    ['{"error":"not found"}', /no feed/],
    [rss('<item><title>A</title>').slice(0, -16), /cut off|no feed/],
    [rss('<item><title>A</title></item>').replace('</channel></rss>', ''), /cut off/],
    [rss('<item><title>A</title><description>never'), /no feed/],
    [rss('<a>'.repeat(5_000)), /nested/],
  ])('refuses %j', (text, message) => {
    expect(refusal(text)).toMatchObject({
      code: 'NEWS_SOURCE_FAILED',
      message: expect.stringMatching(message) as string,
    })
  })

  it('reads on behind a remark at the end', () => {
    expect(
      parseFeedDocument(`${rss('<item><title>A</title></item>')}<!-- 0.1 s -->`).items.length,
    ).toBe(1)
  })

  it('expands no entities and fetches nothing', () => {
    const lines = Array.from(
      { length: 9 },
      (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`,
    )
    const bomb = `<!DOCTYPE rss [<!ENTITY l0 "lol"><!ENTITY file SYSTEM "file:///etc/passwd">${lines.join('')}]>${rss('<item><title>&l9; &file;</title></item>')}`
    const begin = performance.now()
    const thrown = refusal(bomb)
    if (thrown === undefined) expect(parseFeedDocument(bomb).items[0]?.title).toBe('&l9; &file;')
    else expect(thrown).toMatchObject({ code: 'NEWS_SOURCE_FAILED' })
    expect(performance.now() - begin).toBeLessThan(1_000)
  })

  it('keeps the newest of too many', () => {
    const item = (n: number) =>
      `<item><title>${n}</title><pubDate>${new Date(T + n * 60_000).toUTCString()}</pubDate></item>`
    const count = 5_000
    const { items, itemsTotal } = parseFeedDocument(
      rss(Array.from({ length: count }, (_, n) => item(n)).join('')),
    )
    expect([itemsTotal, items.length]).toEqual([count, ITEMS_MAX])
    expect(items[0]?.title).toBe(String(count - 1))
  })
})
