/** The distilled model with its real encoder, fetched as `npm start` fetches it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSentiment } from '../../bin/open-sentiment.ts'
import { ensureArtefact } from '../../bin/stack/artefacts.ts'
import { HEAD_FILE, openDistilled } from '../../processors/sentiment/distilled/open-distilled.ts'
import type { SentimentModel, SentimentScore } from '../../processors/sentiment/sentiment-model.ts'
import { LAYER_WIDTH } from '../../processors/sentiment/distilled/text-encoder.ts'
import { openTextPool } from '../../processors/sentiment/threads/text-pool.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { createLogger } from '../../streams/log.ts'
import { classificationMetrics } from '../../training/sentiment/classification-metrics.ts'
import {
  readLabelledSentences,
  readScoredHeadlines,
  type SentimentExample,
} from '../../training/sentiment/sentiment-examples.ts'
import { splitByDigest, splitByTime } from '../../training/sentiment/split-examples.ts'
import { builtProgram } from '../support/built-programs.ts'

const configOf = (settings: Record<string, string>): Config =>
  loadConfig({ ...process.env, SENTIMENT_MODEL: 'distilled', LOG_LEVEL: 'silent', ...settings })
const open = (settings: Record<string, string> = {}): Promise<SentimentModel> => {
  const config = configOf(settings)
  return openSentiment(config, createLogger(config, 'test'))
}

let model: SentimentModel
beforeAll(async () => {
  model = await open()
})
afterAll(() => model.close())

const HEADLINES = [
  'Apple shares jump on record quarterly profit',
  'Stocks plunge as recession fears grip Wall Street',
  'Fed to publish minutes of its meeting on Wednesday',
  'Oil slips 2%',
  'Dow Jones Futures : Stocks Hit Highs Despite This Fed Rate Shift ; Broadcom Jumps Late',
  'Bourse : Wall Street fermée , Toronto dans le vert',
  'a',
  'Regulators fine the bank; shares fall. '.repeat(40),
]

function likeliest(score: SentimentScore | undefined): string {
  if (score === undefined || 'error' in score) return 'none'
  return Object.entries(score).reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}

describe('the distilled model', () => {
  it('tells plain cases apart', async () => {
    const scores = await model.score(HEADLINES.slice(0, 3))
    expect(scores.map(likeliest)).toEqual(['positive', 'negative', 'neutral'])
    for (const score of scores) {
      const { positive, negative, neutral } = score as Exclude<SentimentScore, { error: string }>
      expect(positive + negative + neutral).toBeCloseTo(1, 12)
    }
  })

  it('says the same on the command line, text by text', async () => {
    const { command, args } = builtProgram('bin/cli', ['sentiment', 'score'])
    const child = execFile(command, args, {
      env: { ...process.env, SENTIMENT_MODEL: 'distilled' },
    })
    child.stdin?.end(`${HEADLINES[0]}\n***\n${HEADLINES[1]}\n`)
    let text = ''
    for await (const chunk of child.stdout ?? []) text += String(chunk)
    const lines = text.trim().split('\n')
    const answers = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const [first, second] = await model.score(HEADLINES.slice(0, 2))
    expect(answers[0]).toMatchObject({ text: HEADLINES[0], ...first, modelSha256: model.sha256 })
    expect(answers[1]).toEqual({ text: '***', error: expect.any(String) as string })
    expect(answers[2]).toMatchObject({ text: HEADLINES[1], ...second })
  })

  it('answers the same bits alone, in any company, on any number of threads', async () => {
    const alone: (SentimentScore | undefined)[] = []
    for (const text of HEADLINES) alone.push((await model.score([text]))[0])
    const mixed = Array.from({ length: 64 }, (_, index) => HEADLINES[(index * 5) % 8] ?? '')
    expect(await model.score(mixed)).toEqual(mixed.map((text) => alone[HEADLINES.indexOf(text)]))
    for (const threads of ['1', '3']) {
      const other = await open({ SENTIMENT_THREADS: threads })
      expect(await other.score([...HEADLINES].reverse())).toEqual([...alone].reverse())
      await other.close()
    }
  })

  it('lets bad texts fail alone, and cuts long ones', async () => {
    const bad = ['', ' \n\t', '?!… 👍 —', '\0\0', '\ud800']
    const odd = ['\udfffstocks fall\ud800', `nul\0 stocks fall`, 'x'.repeat(1_000_000)]
    const texts = [...bad, HEADLINES[0] ?? '', ...odd]
    const scores = await model.score(texts)
    const refused = { error: 'the text has no letter and no digit' }
    expect(scores.slice(0, bad.length)).toEqual(bad.map(() => refused))
    expect(scores[bad.length]).toEqual((await model.score([HEADLINES[0] ?? '']))[0])
    for (const score of scores.slice(bad.length)) expect(score).toHaveProperty('positive')
    const long = 'Shares fall again. '.repeat(400)
    expect(await model.score([`${long} Record profit!`.repeat(200)])).toEqual(
      await model.score([long.repeat(2)]),
    )
  })

  it('names encoder, tokenizer and head by one digest', async () => {
    const head = await readFile(HEAD_FILE)
    expect(model.name).toBe('distilled')
    expect(model.sha256).toBe(createHash('sha256').update(head).digest('hex'))
    const description = JSON.parse(head.subarray(0, head.indexOf('\n')).toString()) as object
    const folder = await ensureArtefact(configOf({}), 'sentiment-encoder')
    const sha256 = async (name: string) =>
      createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex')
    expect(description).toMatchObject({
      encoderSha256: await sha256('encoder.onnx'),
      tokenizerSha256: await sha256('tokenizer.json'),
    })
    const options = { config: configOf({}), logger: createLogger(configOf({}), 'test') }
    await expect(openDistilled(join(folder, '..'), options)).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_REFUSED',
    })
  })
})

// SOURCE: Python onnxruntime 1.31.1, tokenizers 0.23.3, onnx 1.23.2 on the same files: the inner
// tensors added to the graph's outputs, means over the tokens between [CLS] and [SEP]. The tolerance
// is that of int8 arithmetic on other processors; the layers differ from each other by far more.
it('gives the features that another runtime and tokenizer give', async () => {
  const folder = await ensureArtefact(configOf({}), 'sentiment-encoder')
  const pools = ['mean4', 'mean6', 'mean8', 'mean10', 'mean12']
  const pool = await openTextPool(
    { kind: 'encoder', encoderFolder: folder, pools },
    { threads: 1, textTimeoutMs: 60_000 },
  )
  const answers = await pool.answer(GOLDEN.map(({ text }) => text))
  await pool.close()
  answers.forEach((answer, row) => {
    if ('error' in answer) throw new Error(answer.error)
    expect(answer).toHaveLength(pools.length * LAYER_WIDTH)
    GOLDEN[row]?.values.forEach((value, at) => {
      expect(Math.abs((answer[AT[at] ?? 0] ?? NaN) - value)).toBeLessThan(0.03)
    })
  })
})
const AT = [0, 1, 384, 768, 1152, 1536, 1919]
const GOLDEN = [
  {
    text: 'Apple shares jump on record profit',
    values: [-0.05723, -0.16842, -0.13825, -0.01255, -0.0682, -0.3488, 0.67605],
  },
  {
    text: "S&P 500 falls 2.5% as café chain's outlook disappoints",
    values: [0.029, -0.3179, 0.10849, -0.00136, -0.07922, -0.37064, 0.11602],
  },
  {
    text: '漢字 and naïve Ünïcode: 한국 증시',
    values: [-0.22877, 0.04312, -0.48999, -0.34094, -0.42256, -0.75133, 0.20094],
  },
  {
    text: 'word '.repeat(600),
    values: [0.19725, -0.02182, 0.42619, 0.28599, -0.74968, -0.63507, 0.2896],
  },
]

describe.skipIf(process.env['CANDLEWIRE_TEST_DATA'] === undefined)('on real headlines', () => {
  const news = join(process.env['CANDLEWIRE_TEST_DATA'] ?? '', 'news')
  /** Every n-th, about 400 of them: seconds instead of a minute. */
  const sampleOf = (examples: readonly SentimentExample[]): SentimentExample[] =>
    examples.filter((_, index) => index % Math.floor(examples.length / 400) === 0)

  async function metricsOn(examples: readonly SentimentExample[]) {
    const scores = await model.score(examples.map(({ text }) => text))
    const rows = scores.map((score) => {
      if ('error' in score) throw new Error(score.error)
      return [score.positive, score.negative, score.neutral]
    })
    return classificationMetrics(
      rows,
      examples.map(({ target }) => target),
    )
  }

  // The head in use has learnt from these texts as well, so this does not measure it: it tells whether
  // encoder, head and runtime give what the training had. About three standard errors of 400 texts
  // below what the report tells of the head that had not seen them.
  it('is as close to FinBERT as its report says of a head that has not seen these months', async () => {
    const file = join(news, 'headlines_2020-10_2025-04.csv.gz')
    const months = { validation: '2023-09', holdOut: '2024-07' }
    const { holdOut } = splitByTime(await readScoredHeadlines(file), months)
    const { agreement, correlation, macroF1 } = await metricsOn(sampleOf(holdOut))
    expect(agreement).toBeGreaterThan(0.64)
    expect(correlation).toBeGreaterThan(0.43)
    expect(macroF1).toBeGreaterThan(0.54)
  })

  it('reads labelled sentences', async () => {
    const file = join(news, 'sentfin_labelled_headlines.csv.gz')
    const { holdOut } = splitByDigest(await readLabelledSentences(file))
    const { agreement, macroF1 } = await metricsOn(sampleOf(holdOut))
    expect(agreement).toBeGreaterThan(0.75)
    expect(macroF1).toBeGreaterThan(0.75)
  })
})
