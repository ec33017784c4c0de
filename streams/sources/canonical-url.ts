/**
 * One address for one article: the same page linked with another tracking parameter, fragment or
 * case of the host is the same page.
 *
 * Follows RFC 3986 section 6.2 (case, percent-encoding and default ports are normalised; the WHATWG
 * parser of the platform does most of it), and beyond it drops what only says where the reader came
 * from, and sorts parameters. Parameters of an unknown name are kept: `?id=7` is often the article.
 */

/** Longer than any real link; what is longer is no address of an article. */
export const URL_LENGTH_MAX = 4096

/** Names begin with one of these: campaign tags of analytics tools, mailings and broadcasters. */
const TRACKING_PREFIXES = ['utm_', 'pk_', 'mtm_', 'hsa_', '_hs', 'vero_', 'oly_', 'at_', 'guce_']

/** Click ids and share marks as the big networks and publishers write them, in lower case. */
const TRACKING_NAMES: ReadonlySet<string> = new Set([
  ...['fbclid', 'gclid', 'gclsrc', 'dclid', 'gbraid', 'wbraid', 'msclkid', 'yclid', 'ymclid'],
  ...['twclid', 'ttclid', 'li_fat_id', 'igshid', 'igsh', 'mc_cid', 'mc_eid', 'mkt_tok', 's_cid'],
  ...['_ga', '_gl', '__twitter_impression', 'ref_src', 'ref_url', 'referrer', 'cmpid', 'ncid'],
  ...['guccounter', '.tsrc', 'soc_src', 'soc_trk', 'smid', 'smtyp', 'sr_share', 'ns_mchannel'],
  ...[
    'ns_source',
    'ns_campaign',
    'ns_linkname',
    'ito',
    'taid',
    'cvid',
    'wickedid',
    'spm',
    'feature',
  ],
])

/** What lets somebody in. It belongs to the reader, never to the article, and never into a record. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  ...[
    'token',
    'access_token',
    'auth',
    'auth_token',
    'authorization',
    'api_key',
    'apikey',
    'api-key',
  ],
  ...['password', 'passwd', 'secret', 'client_secret', 'sig', 'signature', 'x-amz-signature'],
  ...['x-amz-credential', 'x-amz-security-token', 'session', 'sessionid', 'session_id', 'sid'],
  ...['jsessionid', 'phpsessid'],
])

/**
 * The address to store and to follow: http or https, without fragment, user, password, tracking or
 * secret parameters, the rest sorted by name; no slash at the end of a path.
 *
 * @param base what a relative link is relative to
 * @returns undefined for what is no address of a web page
 */
export function canonicalUrl(text: string, base?: string): string | undefined {
  const url = webUrl(text.trim(), base)
  if (url === undefined) return undefined
  const host = url.hostname.replace(/\.$/, '') + (url.port === '' ? '' : `:${url.port}`)
  const path = encoded(url.pathname.replace(/;jsessionid=[^/]*/gi, '')).replace(/\/+$/, '')
  const query = keptParameters(url.search)
  const canonical = `${url.protocol}//${host}${path === '' ? '/' : path}${query}`
  return canonical.length > URL_LENGTH_MAX ? undefined : canonical
}

/**
 * What two links to the same article have in common: the canonical address without scheme and `www.`,
 * which publishers answer alike. To compare, not to follow.
 */
export function urlIdentity(text: string): string | undefined {
  return canonicalUrl(text)
    ?.replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
}

function webUrl(text: string, base: string | undefined): URL | undefined {
  if (text === '' || text.length > URL_LENGTH_MAX || !URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

function keptParameters(search: string): string {
  const kept = search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => ({ name: nameOf(parameter), text: encoded(parameter) }))
    .filter(({ name }) => !isDropped(name))
    // Stable: values of one name stay in their order.
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return kept.length === 0 ? '' : `?${kept.map(({ text }) => text).join('&')}`
}

function isDropped(name: string): boolean {
  return (
    TRACKING_NAMES.has(name) ||
    SECRET_NAMES.has(name) ||
    TRACKING_PREFIXES.some((prefix) => name.startsWith(prefix))
  )
}

const nameOf = (parameter: string): string =>
  encoded(parameter.split('=', 1)[0] ?? '').toLowerCase()

/** Percent-encodings in capitals, and none where the character may stand by itself (RFC 3986 6.2.2). */
function encoded(text: string): string {
  // A lone percent sign first: it must not become an encoding by what is decoded behind it.
  return text.replace(/%(?![0-9a-f]{2})/gi, '%25').replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(parseInt(code.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : code.toUpperCase()
  })
}
