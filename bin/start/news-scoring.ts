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

export class NewsScoring {
  private readonly context: RunContext
  private readonly input: MarketInput
  /** Why there is no model; undefined while there may be one. */
  noModel: string | undefined

  constructor(context: RunContext, input: MarketInput) {
    this.context = context
    this.input = input
  }

  /** Until all that was produced is scored, repeats and poison apart. */
  readonly scored = async (): Promise<void> => {
    const { admin, reader, signal, reporter } = this.context
    if (!(await this.hasModel())) return
    const { news } = this.input.counts()
    const articles = news.taken - news.deadLettered
    await catchUp([{ groupId: SENTIMENT_GROUP, topic: newsTopic.name }], {
      admin,
      reader,
      signal,
      stuckMs: STUCK_MS,
      onProgress: (_, offsets) => {
        const done = Math.max(0, articles - offsets).toLocaleString('en-US')
        reporter.progress(`scored ${done} of ${articles.toLocaleString('en-US')} articles`)
      },
    })
    // Only decided scores are seen by the features processor.
    await settled(this.context, sentimentTopic.name)
  }

  /** The simulator brings its scores; what FinBERT needs is fetched by the service and waited for. */
  private async hasModel(): Promise<boolean> {
    const { config, signal, reporter } = this.context
    if (this.input.simulated || config.sentimentModel === 'finbert') return true
    if (this.noModel !== undefined) return false
    try {
      await ensureArtefact(config, 'sentiment-encoder', {
        signal,
        onProgress: ({ subject, phase }) => reporter.progress(`${subject}: ${phase}`),
      })
      return true
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CandlewireError)) throw thrown
      this.noModel = thrown.message
      reporter.line(
        `No sentiment model can be had (${thrown.message}). Going on without: the features have no news, and articles are scored once there is one.`,
      )
      return false
    }
  }
}
