import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../streams/config.ts'
import { startFakeHub, type FakeHub } from '../../test/support/fake-hub.ts'
import { tinyBertFiles, WORD_LOGITS, writeTinyBert } from '../../test/support/tiny-bert.ts'
import { openSentimentModel } from './open-sentiment-model.ts'
import type { SentimentModel } from './sentiment-model.ts'

let base: string
let hub: FakeHub | undefined
const open: SentimentModel[] = []
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'candlewire-sentiment-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((model) => model.close()))
  await hub?.close()
  hub = undefined
  rmSync(base, { recursive: true })
})

const NO_ENCODER = new Error('the distilled model was asked for')
async function openModel(settings: Record<string, string>): Promise<SentimentModel> {
  const config = loadConfig({
    CANDLEWIRE_DATA_DIR: join(base, 'data'),
    SENTIMENT_THREADS: '1',
    ...settings,
  })
  const model = await openSentimentModel(config, pino({ level: 'silent' }), {
    ensureEncoder: () => Promise.reject(NO_ENCODER),
  })
  open.push(model)
  return model
}

/** By hand: the sum of the words' logits, and what softmax makes of it, in our order. */
function expected(...words: (keyof typeof WORD_LOGITS)[]) {
  const logits = ['[CLS]', ...words, '[SEP]'].reduce<number[]>(
    (sum, word) => sum.map((value, index) => value + (WORD_LOGITS[word]?.[index] ?? NaN)),
    [0, 0, 0],
  )
  const powers = logits.map(Math.exp)
  const [neutral = 0, positive = 0, negative = 0] = powers.map(
    (power) => power / powers.reduce((sum, value) => sum + value),
  )
  return {
    positive: expect.closeTo(positive, 12) as number,
    negative: expect.closeTo(negative, 12) as number,
    neutral: expect.closeTo(neutral, 12) as number,
  }
}

describe('FinBERT from a folder', () => {
  it('scores with its own tokenizer and labels, one text like many', async () => {
    const folder = join(base, 'my model, 100%')
    writeTinyBert(folder)
    const model = await openModel({ SENTIMENT_MODEL: 'finbert', SENTIMENT_MODEL_DIR: folder })
    expect(model.name).toBe('finbert')
    expect(model.sha256).toMatch(/^[0-9a-f]{64}$/)
    const texts = ['Stocks RISE', 'falling stocks', '\0…', 'rise '.repeat(1000), 'a\ud800b rise']
    const scores = await model.score(texts)
    expect(scores).toEqual([
      expected('stocks', 'rise'),
      expected('fall', '##ing', 'stocks'),
      { error: 'the text has no letter and no digit' },
      // 16 positions: [CLS], 14 words, [SEP].
      expected(...Array.from({ length: 14 }, () => 'rise')),
      expected('[UNK]', 'rise'),
    ])
    for (const [index, text] of texts.entries())
      expect(await model.score([text])).toEqual([scores[index]])
  })

  it('has another digest when any file changes', async () => {
    const folder = join(base, 'model')
    const settings = { SENTIMENT_MODEL: 'finbert', SENTIMENT_MODEL_DIR: folder }
    writeTinyBert(folder)
    const { sha256 } = await openModel(settings)
    expect((await openModel(settings)).sha256).toBe(sha256)
    writeTinyBert(folder, { id2label: { 0: 'Neutral', 1: 'Negative', 2: 'Positive' } })
    expect((await openModel(settings)).sha256).not.toBe(sha256)
  })

  it('takes the file of the precision that is set', async () => {
    const folder = join(base, 'model')
    writeTinyBert(folder, { onnxName: 'model.onnx' })
    const settings = { SENTIMENT_MODEL: 'finbert', SENTIMENT_MODEL_DIR: folder }
    const model = await openModel({ ...settings, SENTIMENT_PRECISION: 'fp32' })
    expect(await model.score(['rise'])).toEqual([expected('rise')])
    await expect(openModel(settings)).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_REFUSED',
      message: `${folder} has no onnx/model_quantized.onnx`,
    })
  })

  it.each([
    ['config.json', '{"model_type":"bert"}', 'Its labels must be'],
    ['tokenizer.json', '{"model"', 'JSON'],
    ['onnx/model_quantized.onnx', 'not a model', 'onnx/model_quantized.onnx'],
  ])('is refused with a wrong %s', async (file, content, message) => {
    const folder = join(base, 'model')
    writeTinyBert(folder)
    writeFileSync(join(folder, file), content)
    const settings = { SENTIMENT_MODEL: 'finbert', SENTIMENT_MODEL_DIR: folder }
    await expect(openModel(settings)).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_REFUSED',
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('FinBERT from the hub', () => {
  it('is fetched once', async () => {
    hub = await startFakeHub('Xenova/finbert', tinyBertFiles())
    const settings = { SENTIMENT_MODEL: 'auto', SENTIMENT_HUB_URL: hub.url }
    const first = await openModel(settings)
    expect(await first.score(['stocks rise'])).toEqual([expected('stocks', 'rise')])
    const asked = hub.asked.length
    const second = await openModel(settings)
    expect(second.sha256).toBe(first.sha256)
    expect(hub.asked).toHaveLength(asked)
  })

  it('gives way to the distilled model with `auto`, and not with `finbert`', async () => {
    hub = await startFakeHub('Xenova/finbert', tinyBertFiles())
    hub.faults.set('onnx/model_quantized.onnx', 'cut')
    const settings = { SENTIMENT_HUB_URL: hub.url }
    await expect(openModel({ ...settings, SENTIMENT_MODEL: 'auto' })).rejects.toBe(NO_ENCODER)
    await expect(openModel({ ...settings, SENTIMENT_MODEL: 'finbert' })).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_UNREACHABLE',
    })
    expect(existsSync(join(base, 'data', 'models', 'Xenova', 'finbert-int8'))).toBe(false)
  })

  it('is not asked for with `distilled`', async () => {
    hub = await startFakeHub('Xenova/finbert', tinyBertFiles())
    const settings = { SENTIMENT_HUB_URL: hub.url, SENTIMENT_MODEL: 'distilled' }
    await expect(openModel(settings)).rejects.toBe(NO_ENCODER)
    expect(hub.asked).toEqual([])
  })
})
