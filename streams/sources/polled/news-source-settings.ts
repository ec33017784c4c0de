/** The file NEWS_FEEDS_FILE names: which feeds and queries are polled, for which instruments. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CandlewireError, messageOf } from '../../errors.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, . _ -')
const instruments = z
  .array(z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, 'letters, digits, . _ : -'))
  .max(32)
  .default([])

const feed = z.strictObject({
  name,
  url: z.url({ protocol: /^https?$/, error: 'an address with http or https' }),
  /** None: the INSTRUMENT setting. */
  instruments,
  /** BCP 47; where absent, what the feed says. */
  language: z.string().min(2).max(35).optional(),
  pollSeconds: z.number().int().min(30).max(86_400).default(300),
  respectRobots: z.boolean().default(true),
})
const gdelt = z.strictObject({
  name,
  /** In the query language of the GDELT DOC 2.0 API. */
  query: z.string().min(3).max(2_000),
  instruments,
  pollSeconds: z.number().int().min(60).max(86_400).default(900),
  /** How far back the first poll goes. */
  backfillHours: z.number().int().min(0).max(2_160).default(24),
})
const file = z
  .strictObject({
    feeds: z.array(feed).max(200).default([]),
    gdelt: z.array(gdelt).max(50).default([]),
  })
  .refine(({ feeds, gdelt: queries }) => {
    const names = [...feeds, ...queries].map((source) => source.name)
    return new Set(names).size === names.length
  }, 'two sources have the same name')

export type FeedSettings = z.infer<typeof feed>
export type GdeltSettings = z.infer<typeof gdelt>
export type NewsSourceSettings = z.infer<typeof file>

/** @throws CandlewireError CONFIG_INVALID naming the place, never the value: addresses may hold secrets */
export function readNewsSourceSettings(path: string): NewsSourceSettings {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    const why = thrown instanceof SyntaxError ? 'is not JSON' : messageOf(thrown)
    throw new CandlewireError('CONFIG_INVALID', `NEWS_FEEDS_FILE ${path}: ${why}`, {
      cause: thrown,
    })
  }
  const parsed = file.safeParse(json)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(
    ({ path: place, message }) => `${place.join('.') || 'the file'}: ${message}`,
  )
  throw new CandlewireError('CONFIG_INVALID', `NEWS_FEEDS_FILE ${path}: ${faults.join('; ')}`)
}
