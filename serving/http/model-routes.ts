/** `GET /models` and `GET /debug/model-info`: what was published, what is live, and why. */
import type { FastifyInstance } from 'fastify'
import type { ModelVersion } from '../../schemas/generated.ts'
import { identityOf } from '../models/champion-choice.ts'
import type { AppDependencies, Models } from './dependencies.ts'
import { failures, fields } from './schemas.ts'
import { CandlewireError } from '../../streams/errors.ts'

const { integer, number, text } = fields

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
      enum: ['live', 'refused', 'available'],
      description: 'What this server does with it.',
    },
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

  app.get(
    '/debug/model-info',
    {
      schema: {
        tags: ['models'],
        summary: 'Everything about the live model',
        response: { 200: infoSchema, ...failures(503) },
      },
    },
    () => {
      const live = models.slot.live
      if (live === undefined) throw new CandlewireError('NO_MODEL', 'No model is live yet')
      const openCalls = models.slot.calls
      return {
        ...live.version,
        ...describe(live.version, models),
        goldenRows: live.version.goldenInputs.length,
        openCalls,
      }
    },
  )
}

function describe(version: ModelVersion, { slot, registry, isRefused }: Models): object {
  const live = slot.live !== undefined && identityOf(slot.live.version) === identityOf(version)
  const aliases = [...registry.aliases.values()]
    .filter((alias) => alias.modelName === version.modelName && alias.version === version.version)
    .map(({ alias }) => alias)
  return {
    ...version,
    aliases,
    state: live ? 'live' : isRefused(version) ? 'refused' : 'available',
  }
}
