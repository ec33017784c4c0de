/** What every polled source of news is to the one who polls it. */
import type { News, PollState } from '../../../schemas/generated.ts'
import type { RowFault } from '../layout.ts'

/** What was remembered when the source last had something new, and when it last answered. */
export type PollMemory = Omit<PollState, 'seenKeys'>

export const NO_MEMORY: PollMemory = {
  addressSha256: '',
  etag: null,
  lastModified: null,
  newestMs: 0,
  polledAtMs: 0,
}

/** One listed article. `keys` are all it may be recognised by when it is listed again. */
export type Listed =
  | { readonly keys: readonly string[]; readonly news: News }
  | { readonly keys: readonly string[]; readonly fault: RowFault; readonly bytes: Buffer }

export interface Polled {
  /** Whether the source said itself that nothing has changed. */
  readonly notModified: boolean
  /** In the order in which they are to be published. */
  readonly listed: readonly Listed[]
  /** Listed articles that were passed over because there are too many. */
  readonly cutOff: number
  readonly memory: PollMemory
  /** For how long nothing new is to be expected, ms. */
  readonly freshMs: number | undefined
}

export interface NewsSource {
  /** `feed:NAME` or `gdelt:NAME`; the provenance of its articles. */
  readonly name: string
  readonly pollMs: number
  /** Keys of articles remembered beside those of the newest answer. */
  readonly keysKept: number
  /**
   * Asks once.
   * @throws CandlewireError NEWS_SOURCE_FAILED (with `retryAfterMs` in its details where the source says it), NEWS_SOURCE_REFUSED
   */
  poll(memory: PollMemory, signal: AbortSignal): Promise<Polled>
}
