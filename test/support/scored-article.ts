/** A scored article for tests. */
import type { Sentiment } from '../../schemas/generated.ts'

export const scoredArticle = (more: Partial<Sentiment> = {}): Sentiment => ({
  instrument: 'SPX500_USD',
  articleId: 'id-1',
  availableAtMs: 0,
  positive: 0.7,
  negative: 0.1,
  neutral: 0.2,
  score: 0.7 - 0.1,
  confidence: 0.7,
  title: 'Profits soar',
  source: 'Wire',
  model: 'fake',
  modelSha256: 'f'.repeat(64),
  lineage: [],
  publishedAtMs: more.availableAtMs ?? 0,
  url: null,
  ...more,
})
