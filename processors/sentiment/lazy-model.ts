/**
 * The sentiment model, opened when the first article needs it: a history whose articles bring their
 * own probabilities costs no model. What cannot be had now (no network) is tried again for ever, with
 * a growing wait; the articles wait with it and none is lost.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { SentimentModel } from './sentiment-model.ts'

export type OpenModel = (signal: AbortSignal) => Promise<SentimentModel>

const RETRY_FIRST_MS = 2_000
const RETRY_MAX_MS = 60_000

export class LazyModel {
  private readonly open: OpenModel
  private readonly logger: Logger
  private readonly closing = new AbortController()
  private opening: Promise<SentimentModel> | undefined
  private opened: SentimentModel | undefined
  /** Why there is no model although one was asked for; undefined if there is one, or nobody asked. */
  missing: string | undefined

  constructor(open: OpenModel, logger: Logger) {
    this.open = open
    this.logger = logger
  }

  /** The model in use, if there is one. */
  get current(): SentimentModel | undefined {
    return this.opened
  }

  /** Aborts when this is closed. */
  get signal(): AbortSignal {
    return this.closing.signal
  }

  /** @throws CandlewireError that no retry can mend, or the reason of being closed */
  async get(): Promise<SentimentModel> {
    this.closing.signal.throwIfAborted()
    this.opening ??= this.openPatiently()
    try {
      return await this.opening
    } catch (thrown) {
      this.opening = undefined
      throw thrown
    }
  }

  /** Drops a model that failed; the next `get` opens one anew. */
  async drop(model: SentimentModel): Promise<void> {
    if (this.opened !== model) return
    this.opened = undefined
    this.opening = undefined
    await model.close()
  }

  async close(): Promise<void> {
    this.closing.abort(new CandlewireError('SENTIMENT_FAILED', 'The sentiment service is stopping'))
    await this.opening?.catch(() => undefined)
    await this.opened?.close()
  }

  private async openPatiently(): Promise<SentimentModel> {
    const { signal } = this.closing
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(RETRY_MAX_MS, wait * 2)) {
      try {
        this.opened = await this.open(signal)
        this.missing = undefined
        return this.opened
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || !thrown.retryable || signal.aborted)
          throw thrown
        this.missing = thrown.message
        const { code, message: reason, remedy } = thrown
        this.logger.warn(
          { code, reason, remedy, wait },
          'There is no sentiment model yet; articles wait and it is tried again',
        )
        await delay(wait, undefined, { signal })
      }
    }
  }
}
