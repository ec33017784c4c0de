/** Ids of articles that have an address: the same page is the same article, whoever delivers it. */
import { createHash } from 'node:crypto'
import { urlIdentity } from './canonical-url.ts'

/** @returns undefined for what is no web address */
export function urlArticleId(url: string): string | undefined {
  const identity = urlIdentity(url)
  return identity === undefined
    ? undefined
    : createHash('sha256').update(`url|${identity}`).digest('hex')
}
