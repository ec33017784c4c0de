/**
 * The look-ahead check on real candles and headlines: the file names the pitfall that it is there for.
 * Bounded: a few thousand candles and a few cuts each; `candlewire features check-lookahead` takes
 * whole files.
 */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Candle, News } from '../../../schemas/generated.ts'
import { readCandleFile } from '../../../streams/sources/candle-file.ts'
import { readNewsFile } from '../../../streams/sources/news-file.ts'
import { featureSet } from '../feature-sets.ts'
import { featuresProcessor, STREAM_FEATURE_SET } from '../features-processor.ts'
import { everyInstrument } from '../../instruments/instruments.ts'
import { SessionClock } from '../../instruments/session-clock.ts'
import { checkLookahead } from './check-lookahead.ts'
import { completeInput } from './complete-input.ts'
import { processorComputation } from './processor-computation.ts'
import { claimOf } from './claim-of.ts'

const folder = process.env['CANDLEWIRE_TEST_DATA']
const settings = { maxFillMinutes: 360, sessionZone: 'America/New_York', sessionStart: '17:00' }
const CANDLES = 2_600
const POINTS = 16

async function candlesFrom(file: string, fromMs: number): Promise<Candle[]> {
  const candles: Candle[] = []
  const path = join(folder!, 'candles', file)
  for await (const rows of readCandleFile({ path, instrument: 'X', format: 'auto' })) {
    for (const row of rows)
      if (row.kind === 'candle' && row.candle.openTimeMs >= fromMs) candles.push(row.candle)
    if (candles.length >= CANDLES) break
  }
  return candles.slice(0, CANDLES)
}

async function articlesOf(candles: readonly Candle[]): Promise<News[]> {
  const articles: News[] = []
  const path = join(folder!, 'news', 'headlines_2020-10_2025-04.csv.gz')
  const [from, to] = [candles[0]!.openTimeMs, candles.at(-1)!.openTimeMs]
  for await (const rows of readNewsFile({ path, instrument: 'X', format: 'auto' }))
    for (const row of rows)
      if (row.kind === 'news' && row.news.availableAtMs >= from && row.news.availableAtMs <= to)
        articles.push(row.news)
  return articles
}

describe.skipIf(folder === undefined)('no feature looks ahead', () => {
  it.each<[string, string, string, boolean]>([
    [
      'over the end of daylight saving time, without volumes',
      'es_1min_2025-07_2025-12.csv.gz',
      '2025-10-31T16:00:00Z',
      false,
    ],
    [
      'over its beginning, with headlines',
      'spy_1min_2024-02_2025-04.csv.gz',
      '2024-03-07T14:30:00Z',
      true,
    ],
    ['with hundreds of gaps', 'spy_1min_2011-01_2011-03.csv.gz', '2011-01-03T09:00:00Z', false],
    ['with real quotes', 'xauusd_1min_quotes_2014-05.csv.gz', '2014-05-01T00:00:00Z', false],
  ])('%s', async (_, file, from, withNews) => {
    const given = await candlesFrom(file, Date.parse(from))
    const seed = 5
    const { candles, articles } = completeInput(
      { candles: given, articles: withNews ? await articlesOf(given) : undefined },
      seed,
    )
    expect(candles).toHaveLength(CANDLES)
    expect(articles.length).toBeGreaterThan(20)
    const set = featureSet(STREAM_FEATURE_SET)
    const sessions = new SessionClock(settings.sessionZone, settings.sessionStart)
    const check = checkLookahead({
      checked: {
        ...processorComputation(featuresProcessor(everyInstrument(settings), set)),
        features: set.features,
        claimOf,
        nextSessionMs: (timeMs) => sessions.nextStartMs(timeMs),
        maxFillMinutes: settings.maxFillMinutes,
      },
      candles,
      articles,
      points: POINTS,
      seed,
    })
    for (;;) {
      const next = check.next()
      if (next.done !== true) continue
      const bad = next.value.features.filter(({ verdict }) => verdict !== 'ok')
      expect(bad).toEqual([])
      break
    }
  })
})
