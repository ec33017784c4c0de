/**
 * Whether a site lets robots fetch an address (RFC 9309, "Robots Exclusion Protocol"): no robots.txt
 * allows everything, one that cannot be read forbids everything until it can.
 */
import robotsParser from 'robots-parser'
import { CandlewireError } from '../../errors.ts'
import type { WebClient } from './web-client.ts'

/** Group of robots.txt that is looked for, before `*`. */
const ROBOT_NAME = 'candlewire'

/** RFC 9309 asks for at least 500 KiB. */
const ROBOTS_BYTES_MAX = 512 * 1024
/** RFC 9309: a cached copy should not be used for more than a day. */
const KEEP_MS = 24 * 3_600_000
const ORIGINS_MAX = 256

/** The package is CommonJS and exports the function itself, which its types do not say. */
const parseRobots = robotsParser as unknown as typeof robotsParser.default

interface Rules {
  readonly untilMs: number
  readonly isAllowed: (url: string) => boolean
}

export class RobotsGate {
  private readonly client: Pick<WebClient, 'get'>
  private readonly now: () => number
  private readonly rules = new Map<string, Rules>()

  constructor(client: Pick<WebClient, 'get'>, now: () => number = Date.now) {
    this.client = client
    this.now = now
  }

  /** @throws CandlewireError NEWS_SOURCE_REFUSED if the site forbids it, NEWS_SOURCE_FAILED if it does not say */
  async check(url: URL, signal?: AbortSignal): Promise<void> {
    const { isAllowed } = await this.rulesOf(url.origin, signal)
    if (isAllowed(url.href)) return
    throw new CandlewireError(
      'NEWS_SOURCE_REFUSED',
      `robots.txt of ${url.host} forbids the address`,
    )
  }

  private async rulesOf(origin: string, signal: AbortSignal | undefined): Promise<Rules> {
    const known = this.rules.get(origin)
    if (known !== undefined && known.untilMs > this.now()) return known
    this.rules.delete(origin)
    const rules = await this.fetch(origin, signal)
    this.rules.set(origin, rules)
    const [oldest] = this.rules.keys()
    if (this.rules.size > ORIGINS_MAX && oldest !== undefined) this.rules.delete(oldest)
    return rules
  }

  private async fetch(origin: string, signal: AbortSignal | undefined): Promise<Rules> {
    const url = `${origin}/robots.txt`
    const { status, body } = await this.client.get({
      url,
      bytesMax: ROBOTS_BYTES_MAX,
      ...(signal === undefined ? {} : { signal }),
    })
    const untilMs = this.now() + KEEP_MS
    if (status >= 400 && status < 500 && status !== 429) return { untilMs, isAllowed: () => true }
    if (status !== 200)
      throw new CandlewireError(
        'NEWS_SOURCE_FAILED',
        `${new URL(url).host}/robots.txt answers ${status}`,
      )
    const robots = parseRobots(url, body.toString('utf8'))
    return { untilMs, isAllowed: (href) => robots.isAllowed(href, ROBOT_NAME) ?? true }
  }
}
