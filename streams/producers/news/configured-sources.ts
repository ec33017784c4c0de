/** The sources of the file NEWS_FEEDS_FILE, with the one client and the one pause they share. */
import type { Config } from '../../config.ts'
import { CandlewireError } from '../../errors.ts'
import { FeedSource } from '../../sources/feeds/feed-source.ts'
import { GDELT_PAUSE_MS, GdeltSource } from '../../sources/gdelt/gdelt-source.ts'
import { RateGate } from '../../sources/gdelt/rate-gate.ts'
import { readNewsSourceSettings } from '../../sources/polled/news-source-settings.ts'
import type { NewsSource } from '../../sources/polled/news-source.ts'
import { RobotsGate } from '../../sources/web/robots-gate.ts'
import { WebClient } from '../../sources/web/web-client.ts'

export interface ConfiguredSources {
  readonly sources: readonly NewsSource[]
  /** Ends what is under way. */
  close(): Promise<void>
}

type SourcesConfig = Pick<
  Config,
  'newsFeedsFile' | 'newsPrivateHosts' | 'newsUserAgent' | 'gdeltUrl' | 'instrument'
>

/** @throws CandlewireError CONFIG_INVALID */
export function configuredSources(config: SourcesConfig): ConfiguredSources {
  if (config.newsFeedsFile === '')
    throw new CandlewireError(
      'CONFIG_INVALID',
      'NEWS_FEEDS_FILE is not set; data/feeds.example.json shows what it holds',
    )
  const { feeds, gdelt } = readNewsSourceSettings(config.newsFeedsFile)
  const privateHosts = config.newsPrivateHosts.split(',').map((host) => host.trim())
  const client = new WebClient({
    userAgent: config.newsUserAgent,
    privateHosts: new Set(privateHosts.filter((host) => host !== '')),
  })
  const robots = new RobotsGate(client)
  const gate = new RateGate(GDELT_PAUSE_MS)
  const defaultInstrument = config.instrument
  return {
    sources: [
      ...feeds.map((feed) => new FeedSource(feed, { client, robots, defaultInstrument })),
      ...gdelt.map(
        (query) =>
          new GdeltSource(query, { client, gate, baseUrl: config.gdeltUrl, defaultInstrument }),
      ),
    ],
    close: () => client.close(),
  }
}
