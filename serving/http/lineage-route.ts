/** `GET /lineage/predictions/{id}`: the exact inputs of a past prediction. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { failures, fields } from './schemas.ts'

const { integer, nullable, number, text } = fields

const placeSchema = (what: string) => ({
  type: 'object',
  description: what,
  properties: {
    topic: text('Topic.'),
    partition: integer('Partition.'),
    offset: integer('Offset.'),
    schemaId: integer('Schema id in the registry.'),
  },
})

const rangeSchema = {
  type: 'object',
  properties: {
    topic: text('Topic.'),
    partition: integer('Partition.'),
    fromOffset: integer('First offset, inclusive.'),
    toOffset: integer('Last offset, inclusive.'),
    schemaId: nullable('integer', 'Schema id of the last record; null where it was not looked up.'),
  },
}

const answerSchema = {
  type: 'object',
  properties: {
    predictionId: text('Id.'),
    instrument: text('Instrument.'),
    openTimeMs: integer('Start of the bar, ms UTC.'),
    eventTimeMs: integer('Close of the bar, ms UTC.'),
    role: text('champion, challenger or shadow.'),
    predictedReturn: number('Percent.'),
    probability: nullable('number', 'Of an upward move, 0 to 1; null of a regression.'),
    prediction: placeSchema('Where the prediction lies.'),
    vector: placeSchema('Where its feature vector lies.'),
    inputs: {
      type: 'array',
      items: rangeSchema,
      description: 'What the vector was made from: the candle, and the articles known to it.',
    },
    featureSet: text('Features that the vector carries.'),
    featureSetFingerprint: text('Their fingerprint, hex sha256.'),
    model: {
      type: 'object',
      properties: {
        name: text('Model name.'),
        version: text('Version.'),
        sha256: text('Digest of its file.'),
        featureSet: nullable('string', 'Feature set it reads.'),
        featureSetFingerprint: nullable('string', 'Its fingerprint, hex sha256.'),
        codeVersion: nullable('string', 'Code that trained it.'),
        runId: nullable('string', 'Training run.'),
        manifestDigest: nullable('string', 'Digest of the manifest of its data set.'),
        datasetDigest: nullable('string', 'Digest of its training matrix.'),
        trainedUntilMs: nullable('integer', 'Latest time it has seen, ms UTC.'),
        trainedOn: { type: 'array', items: rangeSchema, description: 'Examples that were read.' },
      },
    },
  },
}

export function lineageRoute(
  app: FastifyInstance,
  { lineage }: Pick<AppDependencies, 'lineage'>,
): void {
  app.get<{ Params: { '*': string } }>(
    '/lineage/predictions/*',
    {
      schema: {
        summary: 'The exact inputs of a past prediction',
        description:
          'The id is INSTRUMENT@OPENTIME@MODEL/VERSION, as in predictions.v1. `candlewire explain ID` reproduces the prediction from these inputs.',
        params: {
          type: 'object',
          properties: { '*': { type: 'string', minLength: 1, maxLength: 400 } },
        },
        response: { 200: answerSchema, ...failures(400, 404, 503) },
      },
    },
    ({ params }) => lineage.of(params['*']),
  )
}
