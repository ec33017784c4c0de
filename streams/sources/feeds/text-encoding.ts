/**
 * Bytes of a feed to text. What says most surely how they are encoded wins: the byte order mark, then
 * the header of the answer, then the declaration of the document itself (RFC 7303 section 3), then UTF-8.
 * Where UTF-8 was only said or supposed, and the bytes are none, they are taken as windows-1252: that is
 * what the wrong label nearly always hides.
 */
import iconv from 'iconv-lite'

/** A declaration stands at the very start; more is not looked through. */
const DECLARATION_BYTES = 1024
/** As browsers do (WHATWG Encoding Standard): pages that say latin1 mean its superset. */
const SUPERSETS: Readonly<Record<string, string>> = {
  'iso-8859-1': 'windows-1252',
  'iso8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'us-ascii': 'windows-1252',
  ascii: 'windows-1252',
  gb2312: 'gbk',
  'shift-jis': 'shift_jis',
}

/** @param contentType header of the answer, for its charset */
export function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const marked = encodingOfMark(bytes)
  if (marked !== undefined) return iconv.decode(bytes, marked)
  const told = [charsetOf(contentType), declaredIn(bytes)].find(
    (name) => name !== undefined && iconv.encodingExists(name),
  )
  // UTF-16 would have been seen by its first bytes, whatever the label says.
  if (told !== undefined && !told.startsWith('utf')) return iconv.decode(bytes, told)
  const text = bytes.toString('utf8')
  return isMostlyBroken(text) ? iconv.decode(bytes, 'windows-1252') : text
}

function encodingOfMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  // `<` in UTF-16 without a mark.
  if (bytes[0] === 0x3c && bytes[1] === 0) return 'utf-16le'
  if (bytes[0] === 0 && bytes[1] === 0x3c) return 'utf-16be'
  return undefined
}

const charsetOf = (contentType: string | undefined): string | undefined =>
  known(/;\s*charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(contentType ?? '')?.[1])

function declaredIn(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, DECLARATION_BYTES).toString('latin1')
  return known(/^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head)?.[1])
}

function known(label: string | undefined): string | undefined {
  const name = label?.toLowerCase()
  return name === undefined ? undefined : (SUPERSETS[name] ?? name)
}

/** Characters that are no UTF-8 outnumber those that are: it is something else. A few are slips. */
function isMostlyBroken(text: string): boolean {
  const beyondAscii = text.match(/[^\0-\x7F]/g)?.length ?? 0
  const broken = text.match(/\uFFFD/g)?.length ?? 0
  return 2 * broken > beyondAscii
}
