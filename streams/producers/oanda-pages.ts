/**
 * Asks for pages of candles until it gets them: a failure that passes costs a growing pause, and what
 * OANDA itself asks to wait. A refusal before anything worked is a mistake in the settings and is
 * thrown at once; later it may be maintenance, and is thrown after five with long pauses.
 */
import { CandlewireError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { pause } from '../pause.ts'
import { backOffMs, type BackOff } from '../sources/http/back-off.ts'
import type { OandaClient, PageRequest } from '../sources/oanda/oanda-client.ts'

const PASSING: BackOff = { firstMs: 1_000, maxMs: 60_000 }
const REFUSED: BackOff = { firstMs: 60_000, maxMs: 900_000 }
const REFUSALS_MAX = 5

export interface PageBackOffs {
  readonly passing: BackOff
  readonly refused: BackOff
}

export class OandaPages {
  private readonly client: OandaClient
  private readonly logger: Logger
  private readonly backOffs: PageBackOffs
  private hasWorked = false

  constructor(
    client: OandaClient,
    logger: Logger,
    backOffs: PageBackOffs = { passing: PASSING, refused: REFUSED },
  ) {
    this.client = client
    this.logger = logger
    this.backOffs = backOffs
  }

  /**
   * @returns undefined when the signal aborts
   * @throws CandlewireError SOURCE_REFUSED
   */
  async get(page: PageRequest, signal: AbortSignal): Promise<unknown[] | undefined> {
    let failures = 0
    let refusals = 0
    while (!signal.aborted) {
      try {
        const elements = await this.client.candles(page, signal)
        const { instrument } = page
        if (failures > 0) this.logger.info({ instrument, failures }, 'OANDA is back')
        this.hasWorked = true
        return elements
      } catch (thrown) {
        if (signal.aborted) break
        if (!(thrown instanceof CandlewireError)) throw thrown
        failures += 1
        refusals = thrown.code === 'SOURCE_REFUSED' ? refusals + 1 : 0
        if (refusals > 0 && (!this.hasWorked || refusals >= REFUSALS_MAX)) throw thrown
        await this.wait(thrown, page.instrument, { failures, refusals }, signal)
      }
    }
    return undefined
  }

  private async wait(
    { code, message, details }: CandlewireError,
    instrument: string,
    { failures, refusals }: { failures: number; refusals: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { passing, refused } = this.backOffs
    const own = refusals > 0 ? backOffMs(refusals, refused) : backOffMs(failures, passing)
    const asked = details['retryAfterMs']
    const waitMs = Math.max(own, typeof asked === 'number' ? asked : 0)
    this.logger.warn(
      { instrument, code, cause: message, failures, waitMs: Math.round(waitMs) },
      'OANDA gave no candles and is asked again',
    )
    await pause(waitMs, signal)
  }
}
