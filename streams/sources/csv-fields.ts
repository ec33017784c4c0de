/**
 * One CSV record to its fields (RFC 4180; a quote inside an unquoted field is text).
 *
 * By hand and not by csv-parse, because the reader must know of every record where it ends in the
 * file (to resume there) and, of a record whose quotes do not close, that the lines after it are
 * still good; a stream parser gives neither up. csv-parse is the oracle in the test.
 */
const QUOTE = '"'

/** Fields; 'open' if the text ends inside quotes; 'malformed' if text follows a closing quote. */
export function splitCsv(text: string, delimiter: string): string[] | 'open' | 'malformed' {
  if (!text.includes(QUOTE)) return text.split(delimiter)
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text[at] === QUOTE) {
      const close = closingQuote(text, at + 1)
      if (close === -1) return 'open'
      fields.push(text.slice(at + 1, close).replaceAll('""', QUOTE))
      at = close + 1
      if (at < text.length && text[at] !== delimiter) return 'malformed'
    } else {
      const next = text.indexOf(delimiter, at)
      const end = next === -1 ? text.length : next
      fields.push(text.slice(at, end))
      at = end
    }
    if (at >= text.length) return fields
    at += 1
  }
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from)
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2)
  return at
}

/** The delimiter of a header line: the one of comma, semicolon and tab that occurs most. */
export function delimiterOf(header: string): string {
  const counts = [',', ';', '\t'].map((mark) => ({ mark, count: header.split(mark).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark
}

/** A header name without case, quotes, brackets and the differences between space, dash and `_`. */
export const plainName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[<>"]/g, '')
    .replace(/[\s.-]+/g, '_')
