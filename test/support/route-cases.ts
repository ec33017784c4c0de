/** Requests for every documented route, good and bad, and the status that each is to be answered with. */

export interface RouteCase {
  readonly method?: string
  readonly path: string
  /** An object is sent as JSON, text as it is. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
}

interface Cases {
  readonly good: readonly RouteCase[]
  /** Empty where nothing about a request can be wrong. */
  readonly bad: readonly RouteCase[]
}

export interface Known {
  readonly instrument: string
  /** Its versions 1.1.0 (champion) and 1.2.0 are published. */
  readonly modelName: string
  /** Of the vector that is stored, scored and newest. */
  readonly eventTimeMs: number
}

const get = (path: string, status = 200): RouteCase => ({ path, status })
const post = (path: string, body: object | undefined, status = 200): RouteCase => ({
  ...{ path, status },
  ...(body === undefined ? {} : { body }),
})
const writing = (each: RouteCase): RouteCase => ({ ...each, method: 'POST' })
const always = (path: string): Cases => ({ good: [get(path)], bad: [] })

const FEATURES = { close_vwap_ratio: 1, return_1: 2 }
const TOO_LONG = 'x'.repeat(101)

/** In an order in which each can be asked. */
export function casesOf(known: Known & { readonly predictionId: string }): Record<string, Cases> {
  const { instrument, modelName, eventTimeMs, predictionId } = known
  return {
    'GET /metrics': always('/metrics'),
    'GET /health': always('/health'),
    'GET /health/ready': always('/health/ready'),
    'POST /predict': {
      good: [
        post('/predict', { instrument }),
        post('/predict', { instrument, overrides: { return_1: 3 } }),
        post('/predict', { instrument, timestamp: eventTimeMs + 1 }),
        post('/predict', { features: FEATURES, recentReturns: [2, 1] }),
        post('/predict', [{ instrument }, { instrument: 'NOBODY' }, { wrong: 1 }], 207),
      ],
      bad: [
        post('/predict', { instrument: 'NOBODY' }, 404),
        post('/predict', { instrument, timestamp: 1 }, 404),
        post('/predict', { instrument, model_version: '9.9.9' }, 404),
        post('/predict', { instrument, overrides: { return_one: 3 } }, 400),
        post('/predict', { instrument: 5 }, 400),
        post('/predict', [], 400),
        post('/predict', undefined, 400),
      ],
    },
    'GET /models': always('/models'),
    'GET /debug/model-info': {
      good: [
        get('/debug/model-info'),
        get(`/debug/model-info?model_name=${modelName}&model_version=1.1.0`),
      ],
      bad: [
        get('/debug/model-info?model_name=nobody', 503),
        get(`/debug/model-info?model_name=${TOO_LONG}`, 400),
      ],
    },
    'POST /models/{name}/load': {
      good: [
        post(`/models/${modelName}/load`, { version: '1.2.0' }),
        post(`/models/${modelName}/load`, undefined),
      ],
      bad: [
        post(`/models/${modelName}/load`, { version: '9.9.9' }, 404),
        post('/models/nobody/load', { version: '1.0.0' }, 404),
        post(`/models/${modelName}/load`, { version: 5 }, 400),
        {
          ...post(`/models/${modelName}/load`, undefined, 403),
          headers: { origin: 'http://evil.example' },
        },
      ],
    },
    ...featureCases(known),
    ...monitorCases(known),
    'GET /lineage/predictions/{*}': {
      good: [get(`/lineage/predictions/${predictionId}`)],
      bad: [
        get(`/lineage/predictions/${predictionId.replace('1.1.0', '9.9.9')}`, 404),
        get('/lineage/predictions/what', 400),
      ],
    },
    ...writeCases(known),
    ...inferenceCases(known),
    'GET /session': always('/session'),
    'POST /session': {
      good: [],
      bad: [{ path: '/session', headers: { authorization: 'Bearer nobody' }, status: 401 }],
    },
    'DELETE /session': always('/session'),
    'GET /proofs': always('/proofs'),
    // Last: nothing answers afterwards.
    'DELETE /models/{name}': {
      good: [get(`/models/${modelName}?version=1.2.0`), get(`/models/${modelName}?force=true`)],
      bad: [
        get('/models/nobody', 404),
        get(`/models/${modelName}?force=perhaps`, 400),
        { ...get(`/models/${modelName}`, 403), headers: { 'sec-fetch-site': 'cross-site' } },
      ],
    },
  }
}

function featureCases({ instrument, eventTimeMs }: Known): Record<string, Cases> {
  const rows = [{ instrument, timestamp: new Date(eventTimeMs + 1).toISOString() }]
  return {
    'GET /features/{instrument}': {
      good: [get(`/features/${instrument}`)],
      bad: [get('/features/NOBODY', 404), get('/features/%20', 400)],
    },
    'GET /predictions/history': {
      good: [get(`/predictions/history?instrument=${instrument}&limit=5`)],
      bad: [
        get('/predictions/history?limit=-1', 400),
        get('/predictions/history?from=yesterday', 400),
        get('/predictions/history?cursor=nonsense', 400),
      ],
    },
    'POST /features/historical': {
      good: [
        post('/features/historical', { rows, features: ['return_1'] }),
        {
          ...post('/features/historical', { rows, features: ['return_1'] }),
          headers: { accept: 'text/csv' },
        },
      ],
      bad: [
        post('/features/historical', { rows, features: ['return_one'] }, 400),
        post('/features/historical', { rows: [], features: ['return_1'] }, 400),
      ],
    },
    'GET /news/recent': {
      good: [get('/news/recent'), get(`/news/recent?instrument=${instrument}&limit=1`)],
      bad: [get('/news/recent?limit=0', 400), get('/news/recent?until=soon', 400)],
    },
  }
}

function monitorCases({ instrument }: Known): Record<string, Cases> {
  const check = '/monitoring/drift/check'
  const alert = '/monitoring/drift/alert'
  return {
    [`GET ${check}`]: {
      good: [get(`${check}?instrument=${instrument}`)],
      bad: [get(`${check}?instrument=NOBODY`, 404), get(`${check}?instrument=%20`, 400)],
    },
    'GET /monitor/{instrument}/drift': {
      good: [get(`/monitor/${instrument}/drift?limit=1`)],
      bad: [get(`/monitor/${instrument}/drift?limit=many`, 400)],
    },
    [`POST ${alert}`]: {
      good: [post(`${alert}?instrument=${instrument}`, undefined)],
      bad: [
        post(`${alert}?instrument=NOBODY`, undefined, 404),
        { path: alert, headers: { origin: 'http://evil.example' }, status: 403 },
      ],
    },
    'GET /monitor/{instrument}/quality': {
      good: [get(`/monitor/${instrument}/quality`)],
      bad: [get('/monitor/NOBODY/quality', 404), get('/monitor/%20/quality', 400)],
    },
    'GET /alerts': {
      good: [get('/alerts'), get('/alerts?state=firing&limit=1')],
      bad: [get('/alerts?state=perhaps', 400), get('/alerts?limit=0', 400)],
    },
    'GET /monitor/{instrument}': {
      good: [get(`/monitor/${instrument}`)],
      bad: [get('/monitor/NOBODY', 404), get('/monitor/%20', 400)],
    },
  }
}

function writeCases({ instrument }: Known): Record<string, Cases> {
  const title = `Profits soar at ${instrument}`
  return {
    'POST /api/news': {
      good: [
        post('/api/news', { title, instruments: [instrument] }, 201),
        post('/api/news', [{ title }, { title: `${title} again` }], 201),
      ],
      bad: [
        post('/api/news', { body: 'without a headline' }, 400),
        post('/api/news', [{ title, publishedAt: 'soon' }], 400),
        { ...post('/api/news', { title }, 403), headers: { origin: 'http://evil.example' } },
      ],
    },
    'POST /api/stream/{kind}': {
      good: [
        post('/api/stream/positive', { instrument }, 201),
        post('/api/stream/neutral', undefined, 201),
        post('/api/stream/custom', { title, instrument }, 201),
      ],
      bad: [
        post('/api/stream/angry', {}, 400),
        post('/api/stream/custom', {}, 400),
        post('/api/stream/positive', { title }, 400),
      ],
    },
    'GET /sse/market-stream': {
      good: [get(`/sse/market-stream?instrument=${instrument}`)],
      bad: [
        get('/sse/market-stream?types=everything', 400),
        get('/sse/market-stream?position=nonsense', 400),
      ],
    },
    'POST /retrain': {
      good: [
        {
          ...post('/retrain', { instrument, trials: 0 }, 202),
          headers: { 'idempotency-key': instrument },
        },
      ],
      bad: [
        post('/retrain', { horizonMinutes: 7 }, 400),
        { ...post('/retrain', {}, 403), headers: { origin: 'http://evil.example' } },
      ],
    },
    'GET /status/{task_id}': { good: [], bad: [get('/status/nobody', 404)] },
    'GET /runs': { good: [get('/runs?limit=3')], bad: [get('/runs?limit=0', 400)] },
  }
}

function inferenceCases({ modelName }: Known): Record<string, Cases> {
  const tensor = { name: 'input', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }
  const base = `/v2/models/${modelName}`
  const of = (path: string, unknown: string): Cases => ({
    good: [get(path)],
    bad: [get(unknown, 404), get(path.replace(modelName, TOO_LONG), 400)],
  })
  const infer = (path: string): Cases => ({
    good: [post(`${path}/infer`, { inputs: [tensor] })],
    bad: [
      post(`${path}/infer`, { inputs: [] }, 400),
      post(`${path}/infer`, { inputs: [{ ...tensor, shape: [1, 4] }] }, 400),
      post(`${path.replace(modelName, 'nobody')}/infer`, { inputs: [tensor] }, 404),
    ],
  })
  return {
    'GET /v2': always('/v2'),
    'GET /v2/health/live': always('/v2/health/live'),
    'GET /v2/health/ready': always('/v2/health/ready'),
    'GET /v2/models/{name}': of(base, '/v2/models/nobody'),
    'GET /v2/models/{name}/ready': of(`${base}/ready`, '/v2/models/nobody/ready'),
    'POST /v2/models/{name}/infer': infer(base),
    'GET /v2/models/{name}/versions/{version}': of(
      `${base}/versions/1.1.0`,
      `${base}/versions/9.9.9`,
    ),
    'GET /v2/models/{name}/versions/{version}/ready': of(
      `${base}/versions/1.1.0/ready`,
      `${base}/versions/9.9.9/ready`,
    ),
    'POST /v2/models/{name}/versions/{version}/infer': infer(`${base}/versions/1.1.0`),
  }
}

/** What the page asks; these are no interface and not in the document. */
export function pageCasesOf({ instrument, modelName, eventTimeMs }: Known): RouteCase[] {
  const [from, to] = [eventTimeMs - 3_600_000, eventTimeMs + 60_000]
  const span = `instrument=${instrument}&from_ms=${from}&to_ms=${to}`
  const judged = `${span}&model_name=${modelName}&model_version=1.1.0`
  return [
    ...['/', '/simulator', '/page/main.js', '/page/lib/echarts.js', '/favicon.ico'].map((path) =>
      get(path),
    ),
    ...['/docs', '/docs/json', '/docs/yaml', '/page-data/models', '/page-data/pipeline'].map(
      (path) => get(path),
    ),
    ...['market', 'news', 'quality', 'drift'].flatMap((name) => [
      get(`/page-data/${name}?${span}`),
      get(`/page-data/${name}?instrument=${instrument}`, 400),
      get(`/page-data/${name}?instrument=${instrument}&from_ms=${to}&to_ms=${from}`, 400),
    ]),
    get(`/page-data/judgement?${judged}`),
    get(`/page-data/judgement?${span}`, 400),
    get(`/page-data/days?instrument=${instrument}`),
    get('/page-data/days', 400),
    get(`/page-data/distribution?instrument=${instrument}&feature=nothing&at_ms=${to}`, 404),
    get('/page-data/distribution', 400),
    writing(post('/page/trial', { words: 1 }, 400)),
    writing(post(`/page/models/${modelName}/marry`, {}, 400)),
    writing(post('/page/models/nobody/rollback', {}, 409)),
    get('/page/nothing.js', 404),
  ]
}
