/** What the routes of the Open Inference Protocol say of themselves in the OpenAPI. */
import { fields } from '../http/schemas.ts'
import { INPUT_NAME, ROWS_MAX } from './infer-request.ts'

const { text } = fields
const TAGS = ['open inference v2']

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: { error: text('What is wrong, with its place.') },
}

const failing = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, errorSchema]))

const tensorOf = (more: object) => ({
  type: 'object',
  required: ['name', 'datatype', 'shape'],
  properties: {
    name: text('Name of the tensor.'),
    datatype: { type: 'string', enum: ['FP32', 'FP64', 'INT32'] },
    shape: { type: 'array', items: { type: 'integer' } },
    ...more,
  },
})

const described = { type: 'array', items: tensorOf({}) }

export const server = {
  tags: TAGS,
  summary: 'The server and what it can beyond the protocol',
  response: {
    200: {
      type: 'object',
      properties: {
        name: text('Name.'),
        version: text('Version.'),
        extensions: { type: 'array', items: { type: 'string' } },
      },
    },
  },
}

export const live = {
  tags: TAGS,
  summary: 'Alive',
  response: { 200: { type: 'object', properties: { live: { type: 'boolean' } } } },
}

const readySchema = { type: 'object', properties: { ready: { type: 'boolean' } } }

export const ready = {
  tags: TAGS,
  summary: 'Whether to send traffic here',
  response: { 200: readySchema, 503: readySchema },
}

const paramsOf = (path: string) => ({
  type: 'object',
  required: path.includes(':version') ? ['name', 'version'] : ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 100, description: 'Model name.' },
    ...(path.includes(':version')
      ? { version: { type: 'string', minLength: 1, maxLength: 100, description: 'Version.' } }
      : {}),
  },
})

export const model = (path: string) => ({
  tags: TAGS,
  summary: 'Tensors of a model, and its columns in order',
  params: paramsOf(path),
  response: {
    200: {
      type: 'object',
      properties: {
        name: text('Model name.'),
        versions: { type: 'array', items: { type: 'string' }, description: 'Those loaded here.' },
        platform: text('What runs it.'),
        inputs: described,
        outputs: described,
        parameters: { type: 'object', additionalProperties: true },
      },
    },
    ...failing(400, 404, 503),
  },
})

export const modelReady = (path: string) => ({
  tags: TAGS,
  summary: 'Whether a model answers here',
  params: paramsOf(path),
  response: {
    200: {
      type: 'object',
      properties: { name: text('Model name.'), ready: { type: 'boolean' } },
    },
    ...failing(400, 404, 503),
  },
})

const parameters = { type: 'object', additionalProperties: true }

const requestSchema = {
  type: 'object',
  required: ['inputs'],
  properties: {
    id: { type: 'string', maxLength: 200 },
    parameters: {
      ...parameters,
      description: 'key: what the routing sticks to; binary_data_output: all outputs as raw bytes.',
      properties: {
        key: { type: 'string', maxLength: 200 },
        binary_data_output: { type: 'boolean' },
      },
    },
    inputs: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: tensorOf({
        name: { type: 'string', enum: [INPUT_NAME] },
        datatype: { type: 'string', enum: ['FP32', 'FP64'] },
        shape: {
          type: 'array',
          minItems: 1,
          maxItems: 2,
          items: { type: 'integer', minimum: 1, maximum: ROWS_MAX },
        },
        parameters,
        data: { type: 'array', description: 'Row by row, flat or nested; null is missing.' },
      }),
    },
    outputs: {
      type: 'array',
      minItems: 1,
      maxItems: 2,
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', enum: ['output', 'missing_inputs'] }, parameters },
      },
    },
  },
}

const answerSchema = {
  type: 'object',
  properties: {
    model_name: text('Model that answered.'),
    model_version: text('Its version.'),
    id: text('As given.'),
    outputs: {
      type: 'array',
      items: tensorOf({ parameters, data: { type: 'array' } }),
    },
  },
}

export const infer = (path: string) => ({
  tags: TAGS,
  summary: 'Scores of given rows',
  description:
    `One input tensor, FP32 or FP64, [rows, columns], at most ${ROWS_MAX} rows. \`output\` is the ` +
    'predicted return in percent, of a classification the probability of a return above 0. With ' +
    '`Inference-Header-Content-Length` raw tensors follow the JSON (binary tensor data extension).',
  params: paramsOf(path),
  body: {
    content: {
      'application/json': { schema: requestSchema },
      'application/octet-stream': { schema: { type: 'string', contentEncoding: 'binary' } },
    },
  },
  response: {
    200: {
      description: 'The scores',
      content: {
        'application/json': { schema: answerSchema },
        'application/octet-stream': { schema: { type: 'string', contentEncoding: 'binary' } },
      },
    },
    ...failing(400, 404, 409, 413, 503),
  },
})
