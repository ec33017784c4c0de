/**
 * Waits for the scores of the articles that were produced, so that the vectors of later candles have
 * them. Where no model can be had, the run says so and goes on: articles that bring no output of a
 * model stay unscored until one can be had, and the vectors have none of them.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { newsTopic, sentimentTopic } from '../../streams/topics.ts'
import { SENTIMENT_GROUP } from '../../processors/sentiment/run-sentiment.ts'
import { ensureArtefact } from '../stack/artefacts.ts'
import { catchUp } from './catch-up.ts'
import type { MarketInput } from './market-input.ts'
import type { RunContext } from './run-context.ts'
import { settled } from './settled.ts'

/** The first article may wait for a model of 110 MB that comes over a slow line. */
const STUCK_MS = 15 * 60_000
/** Without the encoder nothing but a FinBERT that is there, or answers at once, can score. */
const STUCK_WITHOUT_ENCODER_MS = 45_000

export class NewsScoring {
  private readonly context: RunContext
  private readonly input: MarketInput
  /** Why there is no model; undefined while there may be one. */
  noModel: string | undefined
  /** Articles of this run that were told of. */
  private told = 0

  constructor(context: RunContext, input: MarketInput) {
    this.context = context
    this.input = input
  }

  /** Until all that was produced is scored, repeats and poison apart; or until it is clear that it is not. */
  readonly scored = async (): Promise<void> => {
    if (this.noModel !== undefined) return
    const { news } = this.input.counts()
    const articles = news.takenThisRun - this.told
    this.told = news.takenThisRun
    const fromMs = performance.now()
    const noEncoder = await this.fetchEncoder()
    try {
      await this.caughtUp(noEncoder === undefined ? STUCK_MS : STUCK_WITHOUT_ENCODER_MS)
    } catch (thrown) {
      const isStuck = thrown instanceof CandlewireError && thrown.code === 'SERVICE_NOT_READY'
      if (!isStuck || noEncoder === undefined) throw thrown
      this.noModel = noEncoder
      this.context.reporter.line(
        `No sentiment model can be had (${noEncoder}). Going on without: the features have no news, and articles are scored once there is one.`,
      )
      return
    }
    const seconds = ((performance.now() - fromMs) / 1000).toFixed(1)
    if (articles > 0)
      this.context.reporter.line(
        `News is scored: ${articles.toLocaleString('en-US')} articles in ${seconds} s`,
      )
  }

  private async caughtUp(stuckMs: number): Promise<void> {
    const { admin, reader, signal, reporter } = this.context
    const { news } = this.input.counts()
    const articles = news.taken - news.deadLettered
    await catchUp([{ groupId: SENTIMENT_GROUP, topic: newsTopic.name }], {
      admin,
      reader,
      signal,
      stuckMs,
      onProgress: (_, offsets) => {
        const done = Math.max(0, articles - offsets).toLocaleString('en-US')
        reporter.progress(`scored ${done} of ${articles.toLocaleString('en-US')} articles`)
      },
    })
    // Only decided scores are seen by the features processor.
    await settled(this.context, sentimentTopic.name)
  }

  /**
   * Fetches what the distilled model needs, before the service has to. That it cannot be had need not
   * matter: articles may all bring their scores, or FinBERT may be there.
   *
   * @returns why it cannot be had
   */
  private async fetchEncoder(): Promise<string | undefined> {
    const { config, signal, reporter } = this.context
    if (this.input.simulated || config.sentimentModel === 'finbert') return undefined
    try {
      await ensureArtefact(config, 'sentiment-encoder', {
        signal,
        onProgress: ({ subject, phase }) => reporter.progress(`${subject}: ${phase}`),
      })
      return undefined
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CandlewireError)) throw thrown
      return thrown.message
    }
  }
}
