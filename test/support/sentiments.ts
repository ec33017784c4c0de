/** Scored articles for tests of what they enter. */
import type { Sentiment } from '../../schemas/generated.ts'

/** @param id makes the article; its probabilities follow from it. */
export function testSentiment(
  instrument: string,
  id: number,
  availableAtMs: number,
  changed: Partial<Sentiment> = {},
): Sentiment {
  const [positive, negative] = [((id * 37) % 60) / 100, ((id * 53) % 40) / 100]
  const neutral = 1 - positive - negative
  return {
    instrument,
    articleId: `${instrument}-article-${id}`,
    availableAtMs,
    publishedAtMs: null,
    url: null,
    positive,
    negative,
    neutral,
    score: positive - negative,
    confidence: Math.max(positive, negative, neutral),
    title: `Headline ${id} of ${instrument}`,
    source: `Source ${id % 3}`,
    model: 'test',
    modelSha256: '',
    lineage: [],
    ...changed,
  }
}
