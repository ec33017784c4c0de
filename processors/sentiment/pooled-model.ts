/** A sentiment model over a pool of threads: texts in, named probabilities out. */
import type { Config } from '../../streams/config.ts'
import type { Logger } from '../../streams/log.ts'
import { scorableText } from './scorable-text.ts'
import type { SentimentModel, SentimentScore } from './sentiment-model.ts'
import type { TextAnswer } from './threads/pool-thread.ts'
import { openTextPool } from './threads/text-pool.ts'
import type { TextWork } from './threads/thread-messages.ts'

export interface PooledModelOptions {
  readonly name: string
  readonly sha256: string
  readonly work: TextWork
  readonly config: Pick<Config, 'sentimentThreads' | 'sentimentTimeoutMs'>
  readonly logger: Logger
}

/** @throws CandlewireError SENTIMENT_MODEL_REFUSED if the threads cannot load it */
export async function openPooledModel(options: PooledModelOptions): Promise<SentimentModel> {
  const { name, sha256, work, config, logger } = options
  const pool = await openTextPool(work, {
    threads: config.sentimentThreads,
    textTimeoutMs: config.sentimentTimeoutMs,
    onThreadLost: (cause) =>
      logger.warn({ model: name, cause }, 'A thread of the sentiment model is replaced'),
  })
  return {
    name,
    sha256,
    score: async (texts, signal) => {
      const scorable = texts.map(scorableText)
      const sent = scorable.flatMap((item) => ('text' in item ? [item.text] : []))
      const answers = (await pool.answer(sent, signal)).values()
      return scorable.map((item) => ('error' in item ? item : scoreOf(answers.next().value)))
    },
    close: () => pool.close(),
  }
}

function scoreOf(answer: TextAnswer | undefined): SentimentScore {
  if (answer === undefined) throw new Error('The pool gave fewer answers than it got texts')
  if ('error' in answer) return answer
  const [positive, negative, neutral] = answer
  if (positive !== undefined && negative !== undefined && neutral !== undefined) {
    if (answer.every((value) => value >= 0 && value <= 1)) return { positive, negative, neutral }
  }
  return { error: `the model gave ${answer.join(', ')}, which are no probabilities` }
}
