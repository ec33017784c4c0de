/**
 * HTML to the text a reader would see: for headlines and summaries, which feeds deliver as fragments
 * of HTML of any quality. Not a browser: what is no tag of HTML (`P/E < 10`, `<AAPL>`) stays text.
 *
 * One pass without backtracking: a hostile text costs time in proportion to its length. Character
 * references are decoded by the package `entities`, after the tags are gone, so that an escaped tag
 * (`&lt;b&gt;`) stays the text it says it is.
 */
import { decodeHTML } from 'entities'

/** Elements that begin on a new line, or end one. */
const BLOCKS = names(
  'address article aside blockquote br center dd div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table tbody td tfoot th thead tr ul',
)
const INLINES = names(
  'a abbr acronym audio b bdi bdo big button cite code data del dfn em embed font html body head i img ' +
    'input ins kbd label link map area mark meta meter object param picture progress q rp rt ruby s samp ' +
    'select small source span strike strong sub summary details sup time tt u var video wbr svg path',
)
/** Their content is not for reading. */
const UNREAD = names('script style template noscript iframe textarea title')

/** Line ends between blocks, single spaces elsewhere. */
export function plainText(html: string): string {
  let text = ''
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open === -1) break
    text += html.slice(at, open)
    const tag = tagAt(html, open)
    if (tag === undefined) {
      text += '<'
      at = open + 1
    } else {
      if (BLOCKS.has(tag.name)) text += '\n'
      at = tag.end
    }
  }
  text += html.slice(at)
  return tidy(decodeHTML(text))
}

/** Text as it is, without the spaces and control characters around and within that mean nothing. */
export const tidy = (text: string): string =>
  text
    .replace(/[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u00AD\u200B\u2060\uFEFF]/g, '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?(?:\n ?)+/g, '\n')
    .trim()

/** @returns where the tag, comment or unread element ends; undefined where `<` begins none */
function tagAt(html: string, open: number): { name: string; end: number } | undefined {
  if (html.startsWith('<!--', open)) return { name: '', end: after(html, '-->', open + 4) }
  if (html.startsWith('<![CDATA[', open)) return { name: '', end: open + 9 }
  const name = nameAt(html, html[open + 1] === '/' ? open + 2 : open + 1)
  if (!BLOCKS.has(name) && !INLINES.has(name) && !UNREAD.has(name)) return undefined
  const end = endOfTag(html, open)
  if (!UNREAD.has(name) || html[open + 1] === '/') return { name, end }
  const close = indexOfIgnoringCase(html, `</${name}`, end)
  return { name, end: close === -1 ? html.length : endOfTag(html, close) }
}

/** Quotes may hold `>`; a tag that never ends reaches to the end. */
function endOfTag(html: string, open: number): number {
  let quote = ''
  for (let at = open + 1; at < html.length; at += 1) {
    const character = html[at] ?? ''
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if ((character === '"' || character === "'") && html[at - 1] === '=') quote = character
    else if (character === '>') return at + 1
  }
  return html.length
}

const NAME_LENGTH_MAX = 12

function nameAt(html: string, from: number): string {
  const name = /^[a-z][a-z0-9]*(?=[\s/>]|$)/i.exec(html.slice(from, from + NAME_LENGTH_MAX))?.[0]
  return name?.toLowerCase() ?? ''
}

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from)
  return found === -1 ? html.length : found + mark.length
}

function indexOfIgnoringCase(html: string, mark: string, from: number): number {
  for (let at = html.indexOf('</', from); at !== -1; at = html.indexOf('</', at + 2)) {
    if (html.slice(at, at + mark.length).toLowerCase() === mark) return at
  }
  return -1
}

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}
