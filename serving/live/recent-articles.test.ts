import { expect, it } from 'vitest'
import { scoredArticle } from '../../test/support/scored-article.ts'
import { ARTICLES_MAX, RecentArticles } from './recent-articles.ts'

it('keeps the newest by availability, whatever their order, and each once', () => {
  const recent = new RecentArticles()
  for (const at of [3, 1, 2, 5, 4])
    recent.add(scoredArticle({ articleId: `id-${at}`, availableAtMs: at }))
  recent.add(scoredArticle({ articleId: 'id-5', instrument: 'OTHER', availableAtMs: 5 }))
  expect(recent.newest(4, 3).map(({ articleId }) => articleId)).toEqual(['id-4', 'id-3', 'id-2'])
  expect(recent.newest(Infinity, 10)).toHaveLength(5)
  expect(recent.newest(0, 10)).toEqual([])
  expect(recent.newestMs).toBe(5)
})

it('is bounded', () => {
  const recent = new RecentArticles()
  for (let at = 1; at <= ARTICLES_MAX + 10; at += 1)
    recent.add(scoredArticle({ articleId: `id-${at}`, availableAtMs: at }))
  const kept = recent.newest(Infinity, 2 * ARTICLES_MAX)
  expect(kept).toHaveLength(ARTICLES_MAX)
  expect(kept.at(-1)?.availableAtMs).toBe(11)
})
