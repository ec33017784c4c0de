/**
 * Articles a second through the sentiment models: headlines (about 26 tokens) and texts of 128 tokens,
 * in calls of 1, 16 and 64 texts, on as many threads as SENTIMENT_THREADS says (2).
 *
 * FinBERT's weights are not part of the project. Its figures are those of a model of exactly its shape
 * and quantisation with random weights (support/finbert-sized-model.ts): the same arithmetic.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { openSentiment } from '../bin/open-sentiment.ts'
import { ensureArtefact } from '../bin/stack/artefacts.ts'
import { ENCODER_FILES } from '../processors/sentiment/distilled/text-encoder.ts'
import type { SentimentModel } from '../processors/sentiment/sentiment-model.ts'
import { loadConfig } from '../streams/config.ts'
import type { Benchmark, Harness } from './harness.ts'
import { writeFinbertSizedModel } from './support/finbert-sized-model.ts'

const CALLS = [1, 16, 64] as const
/** Texts of a sample, so that one takes seconds: FinBERT reads 128 tokens about ten times a second. */
const SAMPLE_TEXTS = {
  distilled: { headline: 512, long: 128 },
  finbert: { headline: 128, long: 64 },
} as const

const SUBJECTS = [
  'Dow Jones futures',
  'Apple shares',
  'Oil prices',
  'Treasury yields',
  'Wall Street banks',
]
const EVENTS = [
  'slide after weak jobs data',
  'jump on record quarterly profit',
  'hold steady before the Fed',
  'fall as inflation fears return',
]
const PLACES = [
  'in New York',
  'in early trading',
  'despite higher rates',
  'for a third day',
  'as investors wait',
]

/** About 26 tokens, none like another. */
const headline = (index: number): string =>
  `${SUBJECTS[index % 5]} ${EVENTS[index % 4]} ${PLACES[(index >> 2) % 5]}, analysts say; S&P 500 moves ${index % 97}.${index % 10}%`
/** About 128 tokens. */
const long = (index: number): string =>
  `${Array.from({ length: 5 }, (_, part) => headline(index * 7 + part)).join('. ')}. Nothing else moved.`

export const benchmark: Benchmark = {
  name: 'sentiment',
  about: 'articles a second through FinBERT (its shape, random weights) and the distilled model',
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
    try {
      const encoder = await ensureArtefact(loadConfig(process.env), 'sentiment-encoder')
      writeFinbertSizedModel(join(folder, 'finbert'), join(encoder, ENCODER_FILES.tokenizer))
      for (const name of ['distilled', 'finbert'] as const) {
        const config = loadConfig({
          ...process.env,
          SENTIMENT_MODEL: name,
          SENTIMENT_MODEL_DIR: join(folder, 'finbert'),
        })
        const model = await openSentiment(config, pino({ level: 'silent' }))
        await measure(bench, model, SAMPLE_TEXTS[name])
        await model.close()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function measure(
  bench: Harness,
  model: SentimentModel,
  texts: { readonly headline: number; readonly long: number },
): Promise<void> {
  for (const [kind, make] of Object.entries({ headline, long })) {
    const sample = Array.from({ length: texts[kind as keyof typeof texts] }, (_, at) => make(at))
    for (const size of CALLS) {
      const name = `sentiment.${model.name}.${kind}.b${size}`
      const units = { [name]: 'articles/s', [`${name}.cpu`]: 'articles per CPU-second' }
      await bench.repeatAll(units, async () => {
        const { wall, cpu } = await rates(model, sample, size)
        return { [name]: wall, [`${name}.cpu`]: cpu }
      })
    }
  }
}

/** Beside other work the second figure holds still, which is per core and leaves waiting out. */
async function rates(
  model: SentimentModel,
  texts: readonly string[],
  size: number,
): Promise<{ wall: number; cpu: number }> {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  for (let from = 0; from < texts.length; from += size) {
    const scores = await model.score(texts.slice(from, from + size))
    if (scores.some((score) => 'error' in score)) throw new Error('A text was not scored')
  }
  const { user, system } = process.cpuUsage(startCpu)
  return {
    wall: (texts.length * 1e3) / (performance.now() - startMs),
    cpu: (texts.length * 1e6) / (user + system),
  }
}
