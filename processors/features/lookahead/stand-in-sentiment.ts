/**
 * Scored articles for the look-ahead check, without a language model: whose score is looked at does
 * not matter to the question when it is looked at. Recorded scores are taken, others made from the
 * text, so that another text has another score.
 */
import { createHash } from 'node:crypto'
import type { News, Sentiment } from '../../../schemas/generated.ts'

/** One record per instrument of the article. */
export function standInSentiment(article: News): Sentiment[] {
  const { articleId, availableAtMs, publishedAtMs, title, source, url } = article
  const { positive, negative, neutral } = article.recordedSentiment ?? scoreOf(title)
  return article.instruments.map((instrument) => ({
    instrument,
    articleId,
    publishedAtMs,
    availableAtMs,
    positive,
    negative,
    neutral,
    score: positive - negative,
    confidence: Math.max(positive, negative, neutral),
    title,
    source,
    url,
    model: 'stand-in',
    modelSha256: '',
    lineage: [],
  }))
}

function scoreOf(text: string): Pick<Sentiment, 'positive' | 'negative' | 'neutral'> {
  const digest = createHash('sha256').update(text).digest()
  const [a, b, c] = [0, 4, 8].map((at) => digest.readUInt32LE(at) + 1) as [number, number, number]
  const sum = a + b + c
  return { positive: a / sum, negative: b / sum, neutral: c / sum }
}
