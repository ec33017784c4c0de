/**
 * The slow half of the sentiment processor: unscored articles in, records or dead letters out. Equal
 * articles and an equal model give equal outputs, so a transaction that failed is simply done again.
 */
import { createHash } from 'node:crypto'
import type { News, Sentiment } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { deadLettersTopic, newsDuplicatesTopic } from '../../streams/topics.ts'
import type { Outgoing } from '../runtime/processor.ts'
import type { LazyModel } from './lazy-model.ts'
import { refusedArticle } from './refused-article.ts'
import type { SentimentModel, SentimentScore } from './sentiment-model.ts'
import { RECORDED, sentimentRecords, type UnscoredArticle } from './sentiment-processor.ts'

/** Scores kept for texts that come again, about 2 MB: one file for several instruments, a retry. */
const KNOWN_TEXTS_MAX = 10_000

/** Counts since the start; a transaction that is done again counts again. */
export interface ScoringCounts {
  /** Articles scored by the model. */
  scored: number
  /** Articles whose recorded probabilities were used, per instrument. */
  recorded: number
  /** Articles that repeat another, per instrument. */
  duplicates: number
  /** Articles that were invalid or that the model refused. */
  deadLetters: number
  /** Texts whose score was known from before. */
  knownTexts: number
  /** Texts and seconds of the newest call of the model. */
  lastBatchTexts: number
  lastBatchSeconds: number
  /** Seconds in the model altogether. */
  modelSeconds: number
}

export class ArticleScoring {
  readonly counts: ScoringCounts = {
    scored: 0,
    recorded: 0,
    duplicates: 0,
    deadLetters: 0,
    knownTexts: 0,
    lastBatchTexts: 0,
    lastBatchSeconds: 0,
    modelSeconds: 0,
  }
  private readonly model: LazyModel
  /** By digest of the text, least recently used first; of one model. */
  private readonly known = new Map<string, SentimentScore>()
  private knownOf: SentimentModel | undefined

  constructor(model: LazyModel) {
    this.model = model
  }

  /** For {@link Processor.finish}. @throws CandlewireError if the model cannot be had or is gone */
  readonly finish = async (outputs: readonly Outgoing[]): Promise<readonly Outgoing[]> => {
    const unscored = outputs.map(({ value }) => value).filter(isUnscored)
    const scores = unscored.length === 0 ? new Map<string, Scored>() : await this.score(unscored)
    const finished = outputs.flatMap((output) => {
      if (!isUnscored(output.value)) return [output]
      const scored = scores.get(articleText(output.value.record.value))
      return scored === undefined ? [] : recordsOf(output.value, scored)
    })
    this.count(unscored.length, finished)
    return finished
  }

  private async score(unscored: readonly UnscoredArticle[]): Promise<Map<string, Scored>> {
    const model = await this.model.get()
    if (this.knownOf !== model) this.known.clear()
    this.knownOf = model
    const texts = [...new Set(unscored.map(({ record }) => articleText(record.value)))]
    const scores = texts.map((text) => this.recall(text))
    const missing = texts.filter((_, index) => scores[index] === undefined)
    const fresh = missing.length === 0 ? [] : await this.ask(model, missing)
    let next = 0
    const all = texts.map((text, index): [string, Scored] => {
      const score = scores[index] ?? fresh[next++] ?? { error: 'the model gave no answer' }
      this.remember(text, score)
      return [text, { score, model: model.name, modelSha256: model.sha256 }]
    })
    return new Map(all)
  }

  private async ask(
    model: SentimentModel,
    texts: readonly string[],
  ): Promise<readonly SentimentScore[]> {
    const from = performance.now()
    try {
      return await model.score(texts, this.model.signal)
    } catch (thrown) {
      // Its threads died; the transaction is done again with a new model.
      if (thrown instanceof CandlewireError && thrown.code === 'SENTIMENT_FAILED')
        await this.model.drop(model)
      throw thrown
    } finally {
      const seconds = (performance.now() - from) / 1000
      this.counts.lastBatchTexts = texts.length
      this.counts.lastBatchSeconds = seconds
      this.counts.modelSeconds += seconds
    }
  }

  private recall(text: string): SentimentScore | undefined {
    const key = digestOf(text)
    const score = this.known.get(key)
    if (score === undefined) return undefined
    this.known.delete(key)
    this.known.set(key, score)
    this.counts.knownTexts += 1
    return score
  }

  private remember(text: string, score: SentimentScore): void {
    // A refusal may have been the bad luck of a thread; when the text comes again it is asked again.
    if ('error' in score) return
    this.known.set(digestOf(text), score)
    const [oldest] = this.known.keys()
    if (this.known.size > KNOWN_TEXTS_MAX && oldest !== undefined) this.known.delete(oldest)
  }

  private count(unscored: number, finished: readonly Outgoing[]): void {
    let refused = 0
    for (const { topic, value } of finished) {
      if (topic === newsDuplicatesTopic) this.counts.duplicates += 1
      else if (topic === deadLettersTopic) {
        this.counts.deadLetters += 1
        if ((value as { code: string }).code === 'ARTICLE_NOT_SCORED') refused += 1
      } else if ((value as Sentiment).modelSha256 === RECORDED) this.counts.recorded += 1
    }
    this.counts.scored += unscored - refused
  }
}

interface Scored {
  readonly score: SentimentScore
  readonly model: string
  readonly modelSha256: string
}

function recordsOf(unscored: UnscoredArticle, { score, model, modelSha256 }: Scored): Outgoing[] {
  if ('error' in score) return [refusedArticle(unscored.record, 'ARTICLE_NOT_SCORED', score.error)]
  return sentimentRecords(unscored, { ...score, model, modelSha256 })
}

/** What is scored: the headline, as a sentence, and the body where there is one. */
export function articleText({ title, body }: Pick<News, 'title' | 'body'>): string {
  const headline = title.trim()
  if (body === null || body.trim() === '') return headline
  return `${headline}${/[.!?…]$/.test(headline) ? '' : '.'} ${body.trim()}`
}

/** Whether an output still waits for its score. */
export const isUnscored = (value: unknown): value is UnscoredArticle =>
  typeof value === 'object' && value !== null && 'record' in value

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64')
