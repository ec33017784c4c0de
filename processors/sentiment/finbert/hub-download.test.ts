import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeHub, type FakeHub, type HubFault } from '../../../test/support/fake-hub.ts'
import { downloadFromHub } from './hub-download.ts'

const MODEL = 'Owner/model'
const FILES = new Map([
  ['config.json', Buffer.from('{"a":1}')],
  ['onnx/model_quantized.onnx', Buffer.alloc(300_000, 7)],
])

let hub: FakeHub
let base: string
beforeEach(async () => {
  hub = await startFakeHub(MODEL, FILES)
  base = mkdtempSync(join(tmpdir(), 'candlewire-hub-'))
})
afterEach(async () => {
  await hub.close()
  rmSync(base, { recursive: true })
})

const download = (more: { hubUrl?: string; signal?: AbortSignal } = {}) =>
  downloadFromHub({
    hubUrl: hub.url,
    modelId: MODEL,
    files: [...FILES.keys()],
    folder: join(base, 'owner', 'model'),
    answerTimeoutMs: 1_000,
    silenceTimeoutMs: 1_000,
    ...more,
  })

describe('downloadFromHub', () => {
  it('brings every file, large ones from where the hub sends it', async () => {
    await download({ hubUrl: `${hub.url}/` })
    for (const [path, content] of FILES)
      expect(readFileSync(join(base, 'owner', 'model', path)).equals(content)).toBe(true)
    expect(readdirSync(join(base, 'owner'))).toEqual(['model'])
    expect(hub.asked).toEqual([
      '/Owner/model/resolve/main/config.json',
      '/Owner/model/resolve/main/onnx/model_quantized.onnx',
      '/store/onnx/model_quantized.onnx',
    ])
  })

  it.each<[HubFault, RegExp]>([
    ['missing', /onnx\/model_quantized\.onnx: the server answered 404/],
    ['broken', /the server answered 503/],
    ['silent', /no answer within 1 s/],
    ['stalls', /not a byte within 1 s/],
    ['cut', /terminated|bytes came of|closed/],
    ['corrupt', /its sha256 is [0-9a-f]{64}, the hub says/],
  ])('leaves nothing behind if a file is %s, and says so', async (fault, message) => {
    hub.faults.set('onnx/model_quantized.onnx', fault)
    await expect(download()).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_UNREACHABLE',
      retryable: true,
      message: expect.stringMatching(message) as string,
    })
    expect(readdirSync(join(base, 'owner'))).toEqual([])
    hub.faults.clear()
    await download()
    expect(readdirSync(join(base, 'owner'))).toEqual(['model'])
  })

  it('sweeps what a killed download left a day ago, and leaves what may be at work', async () => {
    const [old, young] = ['model.part-old', 'model.part-young'].map((name) =>
      join(base, 'owner', name),
    ) as [string, string]
    for (const folder of [old, young]) mkdirSync(folder, { recursive: true })
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
    utimesSync(old, twoDaysAgo, twoDaysAgo)
    await download()
    expect(readdirSync(join(base, 'owner')).sort()).toEqual(['model', 'model.part-young'])
  })

  it('says that nobody answers', async () => {
    const { url } = hub
    await hub.close()
    await expect(download({ hubUrl: url })).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    hub = await startFakeHub(MODEL, FILES)
  })

  it('stops at once when it is told to', async () => {
    hub.faults.set('config.json', 'silent')
    const cancel = new AbortController()
    const cancelled = download({ signal: cancel.signal })
    cancel.abort(new Error('stopping'))
    await expect(cancelled).rejects.toThrow('stopping')
    expect(readdirSync(join(base, 'owner'))).toEqual([])
  })
})
