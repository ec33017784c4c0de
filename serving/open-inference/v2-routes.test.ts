import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { COLUMNS, MODEL, publishedModel } from '../../test/support/published-model.ts'
import { CHAMPION, testApp, unregistered, type TestApp } from '../../test/support/test-app.ts'
import { ROWS_MAX } from './infer-request.ts'

interface Recorded {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const RECORDED = JSON.parse(
  readFileSync(new URL('golden/requests.json', import.meta.url), 'utf8'),
) as Recorded[]
/** The rows that were recorded. */
const EXPECTED = [
  [2, 0.25, 3],
  [0, 0, 0],
].map(CHAMPION.expected)

const open: TestApp[] = []
afterAll(async () => {
  for (const setup of open.splice(0)) await setup.close()
})

/** One for all tests that need nothing of their own: no request changes it. */
let shared: Promise<TestApp['app']> | undefined

const setUp = (...options: Parameters<typeof testApp>): Promise<TestApp['app']> =>
  options.length > 0 ? made(...options) : (shared ??= made())

async function made(...options: Parameters<typeof testApp>): Promise<TestApp['app']> {
  const setup = await testApp(...options)
  open.push(setup)
  return setup.app
}

const recorded = (name: string): Recorded =>
  RECORDED.find((each) => each.name === name) ?? expect.fail(name)

async function replay(app: TestApp['app'], name: string) {
  const { method, path: url, headers, body } = recorded(name)
  const payload = Buffer.from(body, 'base64')
  return app.inject({ method, url, headers, ...(payload.length === 0 ? {} : { payload }) })
}

type Replayed = Awaited<ReturnType<typeof replay>>

/** Splits JSON and raw tensors as the binary data extension has them. */
function read({ headers, rawPayload }: Replayed) {
  const length = Number(headers['inference-header-content-length'])
  const json = JSON.parse(rawPayload.subarray(0, length).toString()) as {
    outputs: { name: string; datatype: string; parameters: { binary_data_size: number } }[]
  }
  return { json, raw: rawPayload.subarray(length) }
}

describe('requests as tritonclient sends them', () => {
  it.each(['live', 'ready', 'server metadata', 'model ready', 'version ready', 'model metadata'])(
    'answers %s',
    async (name) => {
      expect((await replay(await setUp(), name)).statusCode).toBe(200)
    },
  )

  it('describes the tensors of a model', async () => {
    expect((await replay(await setUp(), 'model metadata')).json()).toMatchObject({
      name: MODEL,
      versions: ['1.4.0'],
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [{ name: 'output', datatype: 'FP64', shape: [-1] }, { name: 'missing_inputs' }],
      parameters: { columns: COLUMNS },
    })
  })

  it.each(['infer defaults', 'infer version, parameters', 'infer gzip'])(
    'answers %s with raw tensors',
    async (name) => {
      const answer = await replay(await setUp(), name)
      expect(answer.statusCode).toBe(200)
      const { json, raw } = read(answer)
      expect(json).toMatchObject({ model_name: MODEL, model_version: '1.4.0', id: 'r1' })
      expect(json.outputs.map((each) => [each.name, each.parameters.binary_data_size])).toEqual([
        ['output', 16],
        ['missing_inputs', 8],
      ])
      expect([raw.readDoubleLE(0), raw.readDoubleLE(8)]).toEqual(EXPECTED)
      expect([raw.readInt32LE(16), raw.readInt32LE(20)]).toEqual([0, 0])
    },
  )

  it('answers JSON with JSON', async () => {
    const answer = await replay(await setUp(), 'infer json')
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.json()).toEqual({
      model_name: MODEL,
      model_version: '1.4.0',
      id: 'r1',
      outputs: [{ name: 'output', datatype: 'FP64', shape: [2], data: EXPECTED }],
    })
  })

  it('takes doubles, and answers the output that is asked for', async () => {
    const { json, raw } = read(await replay(await setUp(), 'infer fp64 binary, one output'))
    expect(json.outputs.length).toBe(1)
    expect([raw.readDoubleLE(0), raw.readDoubleLE(8), raw.length]).toEqual([...EXPECTED, 16])
  })
})

const input = (more: object = {}) => ({
  name: 'input',
  datatype: 'FP32',
  shape: [1, 3],
  data: [2, 0.25, 3],
  ...more,
})

const infer = (app: TestApp['app'], body: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `/v2/models/${MODEL}/infer`,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  })

describe('inference', () => {
  it('takes nested rows, one row without a batch, and null for missing', async () => {
    const app = await setUp()
    const nested = await infer(app, { inputs: [input({ data: [[2, 0.25, 3]] })] })
    const flat = await infer(app, { inputs: [input({ shape: [3] })] })
    const value = { outputs: [{ data: [EXPECTED[0]] }, { data: [0] }] }
    expect(nested.json()).toMatchObject(value)
    expect(flat.json()).toMatchObject(value)
    const missing = await infer(app, { inputs: [input({ data: [null, 0.25, 3] })] })
    expect(missing.json()).toMatchObject({ outputs: [{ data: [null] }, { data: [1] }] })
  })

  it('scores many rows in parts, each once and in order', async () => {
    const model = fakeModel(publishedModel(4))
    const app = await setUp({ models: { ...unregistered, fleet: fleetOf({ model }) } })
    const rows = 1_000
    const data = Array.from({ length: rows }, (_, row) => [row, 0, 0])
    const answer = await infer(app, { inputs: [input({ shape: [rows, 3], data })] })
    const [output] = answer.json<{ outputs: { data: number[] }[] }>().outputs
    expect(output?.data).toEqual(data.map(CHAMPION.expected))
    expect(model.calls).toEqual([256, 256, 256, 232])
  })

  it.each([
    ['no JSON', '{', 'no JSON'],
    ['a list', [], 'body must be an object'],
    ['no inputs', {}, 'inputs'],
    ['two inputs', { inputs: [input(), input()] }, 'inputs'],
    ['another input', { inputs: [input({ name: 'x' })] }, 'inputs/0/name'],
    ['another datatype', { inputs: [input({ datatype: 'BYTES' })] }, 'inputs/0/datatype'],
    ['another width', { inputs: [input({ shape: [1, 4] })] }, 'inputs/0/shape'],
    ['no rows', { inputs: [input({ shape: [0, 3], data: [] })] }, 'inputs/0/shape'],
    ['too many rows', { inputs: [input({ shape: [ROWS_MAX + 1, 3] })] }, 'inputs/0/shape'],
    ['half a row', { inputs: [input({ shape: [0.5, 3] })] }, 'inputs/0/shape'],
    ['too few values', { inputs: [input({ data: [1] })] }, 'inputs/0/data'],
    ['text', { inputs: [input({ data: [1, '2', 3] })] }, 'inputs/0/data/1'],
    ['no data', { inputs: [input({ data: undefined })] }, 'inputs/0/data'],
    ['an unknown output', { inputs: [input()], outputs: [{ name: 'y' }] }, 'outputs/0/name'],
    [
      'an output twice',
      { inputs: [input()], outputs: [{ name: 'output' }, { name: 'output' }] },
      'outputs/1/name',
    ],
    [
      'bytes that are not there',
      { inputs: [input({ parameters: { binary_data_size: 12 } })] },
      '0 bytes',
    ],
    ['an id that is a number', { inputs: [input()], id: 5 }, 'id'],
  ])('refuses %s with its place, in the form of the protocol', async (_, body, place) => {
    const answer = await infer(await setUp(), body)
    expect(answer.statusCode).toBe(400)
    expect(Object.keys(answer.json<object>())).toEqual(['error'])
    expect(answer.json<{ error: string }>().error).toContain(place)
  })

  it('refuses broken headers and bodies', async () => {
    const app = await setUp()
    const { body, headers } = recorded('infer defaults')
    const payload = Buffer.from(body, 'base64')
    for (const [given, more] of [
      [payload, { 'inference-header-content-length': '9999' }],
      [payload, { 'inference-header-content-length': '-1' }],
      [payload.subarray(0, -1), headers],
      [Buffer.concat([payload, Buffer.alloc(1)]), headers],
      [payload, { ...headers, 'content-encoding': 'gzip' }],
      [payload, { ...headers, 'content-encoding': 'br' }],
      [gzipSync(Buffer.alloc(40 * 1024 * 1024)), { 'content-encoding': 'gzip' }],
    ] as const) {
      const answer = await infer(app, given, more)
      expect([answer.statusCode, typeof answer.json<{ error: string }>().error]).toEqual([
        400,
        'string',
      ])
    }
    expect(
      (await app.inject({ method: 'POST', url: `/v2/models/${MODEL}/infer` })).statusCode,
    ).toBe(400)
  })

  it.each([
    '/v2/models/moon',
    '/v2/models/moon/ready',
    `/v2/models/${MODEL}/versions/9.9.9`,
    '/v2/x',
  ])('knows nothing of %s', async (url) => {
    const answer = await (await setUp()).inject(url)
    expect([answer.statusCode, Object.keys(answer.json<object>())]).toEqual([404, ['error']])
  })

  it('is not ready while a component does not work', async () => {
    const app = await setUp({ components: () => [{ name: 'kafka', ok: false, detail: 'away' }] })
    expect((await app.inject('/v2/health/ready')).statusCode).toBe(503)
    expect((await app.inject('/v2/health/live')).statusCode).toBe(200)
  })
})
