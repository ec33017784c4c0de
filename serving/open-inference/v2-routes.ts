/**
 * The Open Inference Protocol v2 over REST, beside the server's own routes: what its clients (for
 * example `tritonclient`) need to ask for scores of given rows. Errors have the protocol's form,
 * `{ "error": "..." }`.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { AppDependencies } from '../http/dependencies.ts'
import { statusOf } from '../http/error-answers.ts'
import { answeringModel, type Answering } from '../models/answering-model.ts'
import type { LoadedModel } from '../models/loaded-model.ts'
import { BATCH_ROWS_MAX } from '../models/scoring-model.ts'
import { inferAnswer, type Scores } from './infer-answer.ts'
import { BODY_BYTES_MAX, takeInferBodies } from './infer-body.ts'
import { INPUT_NAME, readInferRequest, type InferBody } from './infer-request.ts'
import * as schemas from './v2-schemas.ts'

type V2Dependencies = Pick<AppDependencies, 'models' | 'components' | 'version' | 'metrics'>

interface ModelParams {
  readonly name: string
  readonly version?: string
}

/** Each may hold 32 MB of body and as much again. */
const OPEN_MAX = 4

export async function openInferenceRoutes(
  app: FastifyInstance,
  deps: V2Dependencies,
): Promise<void> {
  await app.register(
    (routes, _options, done) => {
      answerV2Errors(routes)
      takeInferBodies(routes)
      serverRoutes(routes, deps)
      for (const path of ['/models/:name', '/models/:name/versions/:version'])
        modelRoutes(routes, deps, path)
      done()
    },
    { prefix: '/v2' },
  )
}

function serverRoutes(app: FastifyInstance, { components, version }: V2Dependencies): void {
  app.get('', { schema: schemas.server }, () => ({
    name: 'candlewire',
    version,
    extensions: ['binary_tensor_data'],
  }))
  app.get('/health/live', { schema: schemas.live }, () => ({ live: true }))
  app.get('/health/ready', { schema: schemas.ready }, (_request, reply) => {
    const ready = components().every(({ ok, isSpared = false }) => ok || isSpared)
    void reply.code(ready ? 200 : 503)
    return { ready }
  })
}

function modelRoutes(app: FastifyInstance, deps: V2Dependencies, path: string): void {
  const { models } = deps
  app.get<{ Params: ModelParams }>(path, { schema: schemas.model(path) }, ({ params }) => {
    const { loaded } = modelOf(deps, params, '')
    return {
      name: params.name,
      versions: models.fleet.versionsOf(params.name).map(({ version }) => version.version),
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: INPUT_NAME, datatype: 'FP32', shape: [-1, loaded.version.inputColumns.length] },
      ],
      outputs: [
        { name: 'output', datatype: 'FP64', shape: [-1] },
        { name: 'missing_inputs', datatype: 'INT32', shape: [-1] },
      ],
      parameters: {
        columns: loaded.version.inputColumns,
        objective: loaded.version.objective,
        version: loaded.version.version,
      },
    }
  })

  app.get<{ Params: ModelParams }>(
    `${path}/ready`,
    { schema: schemas.modelReady(path) },
    ({ params }) => {
      modelOf(deps, params, '')
      return { name: params.name, ready: true }
    },
  )

  let open = 0
  app.post<{ Params: ModelParams; Body: InferBody }>(
    `${path}/infer`,
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: schemas.infer(path),
      // The schema is for readers: the body is JSON and bytes, and checked by `readInferRequest`.
      validatorCompiler: () => () => true,
    },
    async ({ params, body }, reply) => {
      if (open >= OPEN_MAX)
        throw new CandlewireError('OVERLOADED', `${OPEN_MAX} inferences are under way`)
      open += 1
      try {
        return await infer(deps, params, body, reply)
      } finally {
        open -= 1
      }
    },
  )
}

async function infer(
  deps: V2Dependencies,
  params: ModelParams,
  body: InferBody | undefined,
  reply: FastifyReply,
): Promise<Buffer> {
  if (body === undefined)
    throw new CandlewireError('REQUEST_INVALID', 'body is missing: an object with inputs')
  const started = performance.now()
  const first = modelOf(deps, params, '').loaded.version
  const request = readInferRequest(body, first.inputColumns.length)
  const { loaded } = modelOf(deps, params, request.key ?? '')
  if (loaded.version.inputColumns.join() !== first.inputColumns.join())
    throw new CandlewireError(
      'FEATURES_INCOMPATIBLE',
      `${loaded.version.version} answers this key and reads other columns: name the version`,
    )
  const scores = await loaded.use(() => score(loaded, request))
  const { modelName, version: modelVersion } = loaded.version
  const answer = inferAnswer(request, { modelName, modelVersion }, scores)
  deps.metrics.predictionTotal.inc({ source: 'request' }, request.rows)
  deps.metrics.predictionLatency.observe((performance.now() - started) / 1_000)
  if (answer.headerBytes === undefined) void reply.type('application/json')
  else
    void reply
      .type('application/octet-stream')
      .header('inference-header-content-length', answer.headerBytes)
  // Bytes are sent as they are, not through the schema.
  return answer.body
}

/** In parts, so that single rows of other requests are scored in between. */
async function score(
  loaded: LoadedModel,
  { matrix, rows }: { readonly matrix: Float32Array; readonly rows: number },
): Promise<Scores> {
  const columns = loaded.version.inputColumns.length
  const output = new Float64Array(rows)
  const missing = new Int32Array(rows)
  for (let row = 0; row < rows; row += 1) {
    const values = matrix.subarray(row * columns, (row + 1) * columns)
    missing[row] = values.reduce((count, value) => count + Number(Number.isNaN(value)), 0)
  }
  for (let from = 0; from < rows; from += BATCH_ROWS_MAX) {
    const to = Math.min(rows, from + BATCH_ROWS_MAX)
    // A copy: the part is handed over to the thread of the model.
    output.set(await loaded.score(matrix.slice(from * columns, to * columns), to - from), from)
  }
  return { output, missing }
}

function modelOf({ models }: V2Dependencies, params: ModelParams, key: string): Answering {
  const { name: modelName, version: modelVersion } = params
  const isKnown =
    models.fleet.table.has(modelName) ||
    [...models.registry.versions.values()].some((version) => version.modelName === modelName)
  if (!isKnown) throw new CandlewireError('NOT_FOUND', `There is no model ${modelName}`)
  return answeringModel(models.fleet, { modelName, modelVersion, key })
}

function answerV2Errors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const isOwn = error instanceof CandlewireError
    const status = isOwn ? statusOf(error.code) : (error.statusCode ?? 500)
    if (status === 503) void reply.header('retry-after', '1')
    const isUnexpected = status >= 500 && !isOwn
    if (isUnexpected) request.log.error({ err: error }, 'Request failed unexpectedly')
    const message = isUnexpected ? 'The request failed unexpectedly' : error.message
    return reply.code(status).type('application/json').send({ error: message })
  })
  app.setNotFoundHandler(({ method, url }, reply) =>
    reply.code(404).send({ error: `There is no ${method} ${url.split('?')[0]}` }),
  )
}
