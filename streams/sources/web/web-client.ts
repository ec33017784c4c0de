/**
 * Asks servers that nobody vouches for: every wait, hop and body is bounded, and only public addresses
 * are reached. What it answers, whether good or bad, is for the caller to judge by the status.
 */
import { Agent } from 'undici'
import { CandlewireError, messageOf } from '../../errors.ts'
import { unpausedRequest } from '../http/unpaused-request.ts'
import { guardedConnector, type Resolve } from './guarded-connector.ts'
import { ACCEPTED_ENCODINGS, readLimited } from './limited-body.ts'
import { Turnstile } from '../../turnstile.ts'

export interface WebRequest {
  /** http or https; a user and password in it become basic authorization at that origin. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Most bytes of the body, as sent and as decompressed. */
  readonly bytesMax: number
  readonly signal?: AbortSignal
  /** Asked before every hop; throws where the address must not be fetched. */
  readonly mayFetch?: (url: URL) => Promise<void>
}

export interface WebAnswer {
  readonly status: number
  /** By name in lower case; of several headers of a name the first. */
  readonly header: (name: string) => string | undefined
  /** Where redirects have led. */
  readonly url: string
  /** Empty unless the status is 200. */
  readonly body: Buffer
}

export interface WebClientOptions {
  readonly userAgent: string
  /** `host:port` of what may be reached at private addresses. */
  readonly privateHosts: ReadonlySet<string>
  readonly resolve?: Resolve
  /** Of one request with its redirects, ms. @default 60_000 */
  readonly totalMs?: number
  /** Silence before the answer, or within it, ms. @default 15_000 */
  readonly silenceMs?: number
}

const REDIRECTS_MAX = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const TOTAL_MS = 60_000
const SILENCE_MS = 15_000
/** With their bodies in memory. */
const HOPS_AT_A_TIME = 8

export class WebClient {
  private readonly agent: Agent
  private readonly userAgent: string
  private readonly totalMs: number
  private readonly turnstile = new Turnstile(HOPS_AT_A_TIME)

  constructor(options: WebClientOptions) {
    const { privateHosts, resolve, silenceMs = SILENCE_MS } = options
    this.userAgent = options.userAgent
    this.totalMs = options.totalMs ?? TOTAL_MS
    this.agent = new Agent({
      connect: guardedConnector(privateHosts, resolve),
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      keepAliveTimeout: 10_000,
    })
  }

  /** @throws CandlewireError NEWS_SOURCE_FAILED, NEWS_SOURCE_REFUSED */
  async get(request: WebRequest): Promise<WebAnswer> {
    const first = webUrl(request.url)
    const timeout = AbortSignal.timeout(this.totalMs)
    const signal = AbortSignal.any([timeout, ...(request.signal ? [request.signal] : [])])
    let url = first
    try {
      for (let hops = 0; hops <= REDIRECTS_MAX; hops += 1) {
        await request.mayFetch?.(url)
        const hop = url
        const answer = await this.turnstile.pass(() => {
          signal.throwIfAborted()
          return this.hop(hop, hop.origin === first.origin, request, signal)
        })
        if (!(answer instanceof URL)) return answer
        url = answer
      }
    } catch (thrown) {
      throw asSourceFailure(thrown, url, timeout.aborted)
    }
    throw new CandlewireError(
      'NEWS_SOURCE_FAILED',
      `${first.host} redirects more than ${REDIRECTS_MAX} times`,
    )
  }

  async close(): Promise<void> {
    await this.agent.destroy()
  }

  /** @returns where it is redirected to, or the answer */
  private async hop(
    url: URL,
    atHome: boolean,
    { headers = {}, bytesMax }: WebRequest,
    signal: AbortSignal,
  ): Promise<URL | WebAnswer> {
    const bare = new URL(url)
    bare.username = bare.password = bare.hash = ''
    const answer = await unpausedRequest(bare.href, {
      dispatcher: this.agent,
      signal,
      bytesMax,
      headers: {
        ...headers,
        ...(atHome ? authorizationOf(url) : {}),
        'user-agent': this.userAgent,
        'accept-encoding': ACCEPTED_ENCODINGS,
      },
    })
    const { status, header } = answer
    try {
      const location = header('location')
      if (REDIRECTS.has(status) && location !== undefined) return webUrl(location, url)
      const body =
        status === 200
          ? await readLimited(answer.body, header('content-encoding'), bytesMax)
          : Buffer.alloc(0)
      return { status, header, url: bare.href, body }
    } finally {
      answer.discard()
    }
  }
}

function webUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new CandlewireError(
      'NEWS_SOURCE_REFUSED',
      `${base === undefined ? 'The address' : `A redirect of ${base.host}`} is not http or https`,
    )
  // Only the reader may say who he is, not whoever redirects him.
  if (base !== undefined) {
    const keeps = url.origin === base.origin
    url.username = keeps ? base.username : ''
    url.password = keeps ? base.password : ''
  }
  return url
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function asSourceFailure(thrown: unknown, url: URL, isLate: boolean): CandlewireError {
  if (thrown instanceof CandlewireError) return thrown
  const code = (thrown as { code?: unknown }).code
  const why = isLate ? 'took too long' : typeof code === 'string' ? code : messageOf(thrown)
  return new CandlewireError('NEWS_SOURCE_FAILED', `${url.host}: ${why}`, { cause: thrown })
}
