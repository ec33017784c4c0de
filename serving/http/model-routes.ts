/** `GET /models` and `GET /debug/model-info`: what was published, what has a role here, and why. */
import type { FastifyInstance } from 'fastify'
import type { ModelVersion } from '../../schemas/generated.ts'
import { answeringModel, warningOf } from '../models/answering-model.ts'
import { answeredShare } from '../models/traffic-split.ts'
import type { AppDependencies, Models } from './dependencies.ts'
import { failures, fields, modelChoiceProperties } from './schemas.ts'

const { integer, number, nullable, text } = fields

const splitSchema = {
  type: 'object',
  properties: {
    split: text('train, validation, test or out_of_time.'),
    rows: integer('Examples.'),
    rmse: number('Root mean square error, percent return.'),
    mae: number('Mean absolute error, percent return.'),
    r2: number('1 - SSE/SST.'),
    r2VsZero: number('1 - SSE/SSE of the zero forecast.'),
    directionalAccuracy: number('Share of signs predicted, 0 to 1.'),
    zeroRmse: number('RMSE of the zero-return forecast.'),
    zeroMae: number('MAE of the zero-return forecast.'),
  },
}

const modelSchema = {
  type: 'object',
  properties: {
    modelName: text('Model name.'),
    version: text('Version.'),
    state: {
      type: 'string',
      enum: ['live', 'standby', 'refused', 'available'],
      description:
        'live: it has a role here; standby: loaded without one; refused: it failed verification.',
    },
    role: nullable('string', 'Its role on this server: champion, challenger or shadow.'),
    share: number('Share of the keys it answers here, 0 to 1.'),
    warning: nullable('string', 'What is to be known before acting on it.'),
    objective: text('regression or classification.'),
    gatePassed: nullable('boolean', 'Whether it passed the promotion gate; null: not asked.'),
    gateReasons: { type: 'array', items: { type: 'string' }, description: 'Why, by condition.' },
    aliases: { type: 'array', items: { type: 'string' }, description: 'Aliases that point to it.' },
    algorithm: text('Algorithm.'),
    instruments: {
      type: 'array',
      items: { type: 'string' },
      description: 'Instruments it scores.',
    },
    horizonMinutes: integer('How far ahead, minutes.'),
    featureSet: text('Feature set.'),
    artifactSha256: text('Digest of the ONNX file.'),
    trainedUntilMs: integer('Latest time it has seen in training, ms UTC.'),
    beatsZeroForecast: {
      type: 'boolean',
      description: 'Whether validation and test RMSE are both below the zero forecast.',
    },
    metrics: { type: 'array', items: splitSchema },
  },
}

const infoSchema = {
  type: 'object',
  properties: {
    ...modelSchema.properties,
    inputColumns: { type: 'array', items: { type: 'string' } },
    featureSetFingerprint: text('Fingerprint of the feature set.'),
    artifactOffset: integer('Offset in model-artifacts.v1.'),
    artifactBytes: integer('Size of the ONNX file.'),
    goldenRows: integer('Rows it was verified with, bit for bit.'),
    openCalls: integer('Calls that run on it now.'),
    datasetDigest: text('Digest of the training data.'),
    datasetRows: integer('Examples read.'),
    parameters: { type: 'object', additionalProperties: { type: 'string' } },
    selectionNotes: { type: 'array', items: { type: 'string' } },
    certificate: { type: 'object', additionalProperties: { type: 'number' } },
    codeVersion: text('Version of the code that trained it.'),
    lineage: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
}

export function modelRoutes(app: FastifyInstance, { models }: AppDependencies): void {
  app.get(
    '/models',
    {
      schema: {
        tags: ['models'],
        summary: 'Published model versions, newest first, and what this server does with them',
        response: {
          200: { type: 'object', properties: { models: { type: 'array', items: modelSchema } } },
        },
      },
    },
    () => ({
      models: [...models.registry.versions.values()]
        .reverse()
        .map((version) => describe(version, models)),
    }),
  )

  app.get<{ Querystring: { model_name?: string; model_version?: string } }>(
    '/debug/model-info',
    {
      schema: {
        tags: ['models'],
        summary: 'Everything about the model that answers, or about another loaded version',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: modelChoiceProperties,
        },
        response: { 200: infoSchema, ...failures(400, 404, 503) },
      },
    },
    ({ query }) => {
      const { loaded } = answeringModel(models.fleet, {
        modelName: query.model_name ?? models.defaultModel,
        modelVersion: query.model_version,
        key: '',
      })
      return {
        ...loaded.version,
        ...describe(loaded.version, models),
        goldenRows: loaded.version.goldenInputs.length,
        openCalls: loaded.calls,
      }
    },
  )
}

function describe(version: ModelVersion, { fleet, registry, isRefused }: Models): object {
  const { modelName, gate } = version
  const loaded = fleet.find(version)
  const routes = fleet.table.get(modelName) ?? []
  const route = routes.find((each) => each.loaded === loaded)
  const aliases = [...registry.aliases.values()]
    .filter((alias) => alias.modelName === modelName && alias.version === version.version)
    .map(({ alias }) => alias)
  const unloaded = isRefused(version) ? 'refused' : 'available'
  return {
    ...version,
    aliases,
    state: route !== undefined ? 'live' : loaded !== undefined ? 'standby' : unloaded,
    role: route?.role ?? null,
    share: route === undefined ? 0 : answeredShare(routes, route),
    warning: route === undefined ? null : warningOf(route.role, version),
    gatePassed: gate?.passed ?? null,
    gateReasons: gate?.reasons ?? [],
  }
}
