/** The desk of the page over made-up data of any span, and a board of proofs; nothing is random. */
import type { Proof } from '../../schemas/generated.ts'
import type { GroupStates } from '../../serving/page-data/pipeline-watch.ts'
import type { PageDesk } from '../../serving/http/page-desk.ts'
import { distributionOf } from '../../serving/page-data/distribution.ts'
import { driftMap } from '../../serving/page-data/drift-map.ts'
import { judge } from '../../serving/page-data/judgement.ts'
import type { ModelDecision } from '../../serving/page-data/model-desk.ts'
import { stepOf, type Span } from '../../serving/page-data/span.ts'
import { ProofBoard } from '../../serving/proofs/proof-board.ts'

export interface TestPage {
  readonly page: PageDesk
  readonly proofs: ProofBoard
  /** What was decided, in order. */
  readonly decisions: ModelDecision[]
}

export const testProof = (overrides: Partial<Proof> = {}): Proof => ({
  proof: 'replay',
  scope: 'all',
  state: 'passed',
  compared: 65_210,
  different: 0,
  total: 65_210,
  fromMs: 1_741_900_000_000,
  toMs: 1_742_000_000_000,
  startedAt: Date.now() - 90_000,
  shownAt: Date.now() - 60_000,
  digestPublished: 'ab'.repeat(32),
  digestRecomputed: 'ab'.repeat(32),
  firstDifference: null,
  codeVersion: '0.1.0',
  detail: '',
  ...overrides,
})

const steps = ({ fromMs, toMs }: Span, most: number): number[] => {
  const stepMs = stepOf({ fromMs, toMs }, most)
  const first = Math.ceil(fromMs / stepMs) * stepMs
  return Array.from(
    { length: Math.min(most, Math.floor((toMs - first) / stepMs) + 1) },
    (_, i) => first + i * stepMs,
  )
}
/** A wave by time, -1 to 1. */
const wave = (timeMs: number, minutes: number): number => Math.sin(timeMs / 60_000 / minutes)

export function testPage(): TestPage {
  const decisions: ModelDecision[] = []
  const proofs = new ProofBoard()
  const priceAt = (time: number): number => 5_600 + 20 * wave(time, 90) + 4 * wave(time, 7)
  const page: PageDesk = {
    market: {
      market: (span) =>
        Promise.resolve({
          stepMs: stepOf(span),
          bars: steps(span, 400).map((time) => {
            const [open, close] = [priceAt(time), priceAt(time + 60_000)]
            return [time, open, Math.max(open, close) + 1, Math.min(open, close) - 1, close, 900]
          }),
          predictions: steps(span, 400).map((time) => ({
            eventTimeMs: time - 1_800_000,
            targetTimeMs: time,
            modelVersion: '1.3.0',
            role: 'champion',
            referenceClose: priceAt(time - 1_800_000),
            predictedReturn: 0.05 * wave(time, 23),
            intervalLow: -0.3,
            intervalHigh: 0.3,
            signalStrength: 0.2 * wave(time, 23),
            realizedReturn: 100 * (priceAt(time) / priceAt(time - 1_800_000) - 1),
          })),
        }),
      news: (span) =>
        Promise.resolve({
          stepMs: stepOf(span),
          steps: steps(span, 200).map((timeMs) => ({
            timeMs,
            articles: 3,
            sentiment: 0.6 * wave(timeMs, 60),
            signalStrength: Math.abs(0.5 * wave(timeMs, 60)),
          })),
          articles: steps(span, 12).map((availableAtMs, i) => ({
            title: `Stocks waver as traders weigh rates, edition ${i}`,
            source: 'simulator',
            url: null,
            availableAtMs,
            score: wave(availableAtMs, 60),
            confidence: 0.8,
          })),
        }),
      days: () =>
        Promise.resolve(
          ['2025-03-14', '2025-03-13', '2025-03-12'].map((day) => ({ day, candles: 390 })),
        ),
      instruments: () => Promise.resolve(['SPX500_USD', 'XAU_USD']),
    },
    quality: {
      overTime: (span) =>
        Promise.resolve({
          windowMinutes: 60,
          points: steps(span, 60).flatMap((timeMs) =>
            ['1.2.0', '1.3.0'].map((modelVersion, i) => ({
              modelVersion,
              role: i === 0 ? 'shadow' : 'champion',
              objective: 'regression',
              timeMs,
              outcomes: 60,
              error: 0.1 + 0.02 * wave(timeMs, 300) + 0.005 * i,
              naiveError: 0.1 + 0.018 * wave(timeMs, 300),
            })),
          ),
        }),
      judged: (span) => {
        const outcomes = steps(span, 400).map((time, i) => ({
          objective: 'regression',
          predictedReturn: 0.05 * wave(time, 23) + 0.01,
          realizedReturn: 0.1 * wave(time + i * 977, 23.5),
          probability: 0.5 + 0.2 * wave(time, 23),
          intervalLow: -0.08,
          intervalHigh: 0.08 + 0.02 * wave(time, 11),
          intervalCoverage: 0.9,
        }))
        return Promise.resolve({ ...judge(outcomes), objective: 'regression', isCut: false })
      },
    },
    drift: {
      map: (span) =>
        Promise.resolve(
          driftMap(
            steps(span, 24).map((timeMs) => {
              const feature = Array.from({ length: 12 }, (_, i) => `feature_${i}`)
              const ks = feature.map((_, i) => 0.1 + 0.05 * Math.abs(wave(timeMs, 100 + i)) * i)
              return {
                timeMs,
                feature,
                ks,
                threshold: feature.map(() => 0.4),
                drifted: ks.map((each) => each > 0.4),
              }
            }),
          ),
        ),
      distribution: ({ feature, atMs }) =>
        Promise.resolve({
          ...distributionOf(
            Array.from({ length: 1_000 }, (_, i) => wave(i * 60_000, 50)),
            Array.from({ length: 400 }, (_, i) => 0.2 + wave(i * 60_000, 30)),
          ),
          feature,
          windowFromMs: atMs - 86_400_000,
          windowToMs: atMs,
          modelName: 'forward_return_30',
          modelVersion: '1.3.0',
        }),
    },
    pipeline: {
      states: () => Promise.resolve(groupStates(null)),
      unasked: groupStates,
    },
    decisions: {
      decide: (decision) => {
        decisions.push(decision)
        return Promise.resolve([
          {
            modelName: decision.modelName,
            version: decision.version ?? '1.2.0',
            eventTimeMs: 0,
            kind: decision.kind === 'promote' ? 'aliased' : 'rolled_back',
            fromStage: null,
            toStage: null,
            alias: 'champion',
            weight: 1,
            fromVersion: '1.3.0',
            decidedAtMs: 0,
            actor: 'test',
            reason: decision.reason,
          },
        ])
      },
    },
    trials: {
      // A headline with `cuts` is good news, and every other one is none.
      try: (headline, _text, instrument) => {
        const isNews = headline.includes('cuts')
        return Promise.resolve({
          sentiment: isNews
            ? { model: 'demo', positive: 0.8, negative: 0.1, neutral: 0.1, score: 0.7 }
            : { model: 'demo', positive: 0.1, negative: 0.1, neutral: 0.8, score: 0 },
          instrument,
          eventTimeMs: 1_742_000_000_000,
          articlesBefore: 2,
          isExact: isNews,
          features: [
            { name: 'avg_sentiment', before: 0.1, after: isNews ? 0.3 : 0.1 },
            { name: 'article_count', before: 2, after: 3 },
            { name: 'signal_strength', before: 0.06, after: isNews ? 0.21 : 0.06 },
            { name: 'trading_signal', before: 0, after: isNews ? 1 : 0 },
          ],
          prediction: {
            modelName: 'forward_return_30',
            modelVersion: '1.3.0',
            role: 'champion',
            objective: 'regression',
            before: 0.0123,
            after: isNews ? 0.0171 : 0.0123,
            newsInputs: isNews ? 3 : 0,
          },
          without: null,
        })
      },
    },
  }
  return { page, proofs, decisions }
}

const groupStates = (failure: string | null): GroupStates => ({
  groups: [
    { name: 'features', topic: 'candles.v1', members: 1, lag: 0, pending: false },
    { name: 'sentiment', topic: 'news.v1', members: 0, lag: 1_204, pending: true },
    { name: 'drift', topic: 'features.v1', members: null, lag: null, pending: false },
  ],
  askedAtMs: Date.now(),
  failure,
})
