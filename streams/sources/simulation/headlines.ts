/**
 * Texts of simulated headlines: plain sentences of a stated tone, from publishers that do not exist.
 */
import type { Random } from './random.ts'

export type Tone = 'positive' | 'negative' | 'neutral'
type Texts = readonly [string, ...string[]]

const TEMPLATES: Record<Tone, Texts> = {
  positive: [
    'Stocks rally as {topic} beats expectations',
    'Wall Street gains after upbeat {topic}',
    '{company} raises full-year outlook, shares jump',
    '{company} posts record quarterly profit',
    'Index climbs to new high on strong {topic}',
    'Investors cheer surprise improvement in {topic}',
    'Futures higher as {topic} eases recession fears',
  ],
  negative: [
    'Stocks slide as {topic} disappoints',
    'Wall Street falls on weak {topic}',
    '{company} cuts outlook, shares tumble',
    '{company} misses profit estimates, plans job cuts',
    'Sell-off deepens amid worries over {topic}',
    'Futures drop after {topic} stokes recession fears',
    'Investors flee risk as {topic} worsens',
  ],
  neutral: [
    'Markets await {topic} later in the session',
    'Stocks little changed ahead of {topic}',
    '{company} to present at industry conference',
    '{company} names new chief financial officer',
    'Traders weigh {topic} in quiet dealing',
    'What to watch: {topic} due this week',
    '{company} schedules annual shareholder meeting',
  ],
}
const TOPICS: Texts = [
  'jobs data',
  'inflation data',
  'retail sales',
  'factory orders',
  'consumer confidence',
  'the services survey',
  'housing starts',
  'the central bank minutes',
  'quarterly earnings',
  'trade figures',
  'durable goods orders',
  'wage growth',
]
const COMPANIES: Texts = [
  'Alder Systems',
  'Northgate Energy',
  'Bluefin Retail',
  'Corvid Semiconductors',
  'Meridian Bank',
  'Halcyon Pharma',
  'Osprey Airlines',
  'Quarry Materials',
  'Lanternworks',
  'Summit Logistics',
  'Tidewater Foods',
  'Vela Software',
]
const PUBLISHERS: Texts = [
  'simulator/Harbor Wire',
  'simulator/Market Ledger',
  'simulator/The Tape',
  'simulator/Daily Broker',
]

export const publisher = (random: Random): string => random.pick(PUBLISHERS)

export function headline(random: Random, tone: Tone): string {
  const template = random.pick(TEMPLATES[tone])
  return template
    .replace('{topic}', random.pick(TOPICS))
    .replace('{company}', random.pick(COMPANIES))
}
