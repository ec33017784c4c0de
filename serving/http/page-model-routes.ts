/**
 * `GET /page-data/models`: versions with what a person needs to decide about them;
 * `POST /page/models/{name}/{promote|rollback}`: the decision, as `candlewire models` makes it.
 */
import type { FastifyInstance } from 'fastify'
import { aliasesOfVersion } from '../../processors/models/model-aliases.ts'
import { stageOf } from '../../processors/models/model-stages.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { AppDependencies, Models } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields } from './schemas.ts'

const { integer, number, nullable, text } = fields

/** Newest first; older ones are in `candlewire models list`. */
const VERSIONS_SHOWN = 50
/** Of the importance of a version. */
const COLUMNS_SHOWN = 20
const NAME_LENGTH_MAX = 100
const REASON_LENGTH_MAX = 1_000

const versionSchema = {
  type: 'object',
  properties: {
    modelName: text('Model name.'),
    version: text('Version.'),
    algorithm: text('Algorithm.'),
    objective: text('regression or classification.'),
    horizonMinutes: integer('How far ahead, minutes.'),
    stage: text('none, staging, production or archived.'),
    aliases: { type: 'array', items: { type: 'string' } },
    isLoaded: { type: 'boolean' },
    isRefused: { type: 'boolean' },
    gatePassed: nullable('boolean', 'Whether it passed the promotion gate.'),
    gateReasons: { type: 'array', items: { type: 'string' } },
    trainedUntilMs: integer('Latest time it has seen, ms UTC.'),
    datasetRows: integer('Examples.'),
    featureSet: text('Feature set.'),
    featureSetFingerprint: text('Its fingerprint.'),
    artifactSha256: text('Digest of the model file.'),
    datasetDigest: text('Digest of its training data.'),
    codeVersion: text('Code that trained it.'),
    importanceMethod: nullable('string', 'What importance counts.'),
    importance: {
      type: 'array',
      items: {
        type: 'object',
        properties: { column: text('Input column.'), share: number('0 to 1.') },
      },
    },
    splits: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          split: text('Split.'),
          rows: integer('Rows.'),
          rmse: number('RMSE, percent return.'),
          zeroRmse: number('Of the zero forecast.'),
          directionalAccuracy: number('Share of signs.'),
          brier: nullable('number', 'Brier score.'),
          auc: nullable('number', 'Area under the ROC curve.'),
        },
      },
    },
  },
}

const decisionSchema = {
  type: 'object',
  properties: {
    events: {
      type: 'array',
      description: 'What was decided, in order; empty: it stood so already.',
      items: {
        type: 'object',
        properties: {
          kind: text('What happened.'),
          version: text('To which version.'),
          fromStage: nullable('string', 'Stage before.'),
          toStage: nullable('string', 'Stage now.'),
          alias: nullable('string', 'Alias that was set.'),
          fromVersion: nullable('string', 'Version that had it.'),
        },
      },
    },
  },
}

interface Decision {
  readonly version?: string
  readonly reason?: string
}

export function pageModelRoutes(
  app: FastifyInstance,
  { models, page, intake }: AppDependencies,
): void {
  app.get(
    '/page-data/models',
    {
      schema: {
        hide: true,
        response: {
          200: {
            type: 'object',
            properties: {
              defaultModel: text('Who answers by default.'),
              asksForToken: { type: 'boolean' },
              versions: { type: 'array', items: versionSchema },
            },
          },
        },
      },
    },
    () => ({
      defaultModel: models.defaultModel,
      asksForToken: intake.token !== '',
      versions: [...models.registry.versions.values()]
        .slice(-VERSIONS_SHOWN)
        .reverse()
        .map((version) => described(version, models)),
    }),
  )

  app.post<{ Params: { name: string; kind: 'promote' | 'rollback' }; Body: Decision | null }>(
    '/page/models/:name/:kind',
    {
      onRequest: mayWrite(intake),
      schema: {
        hide: true,
        params: {
          type: 'object',
          required: ['name', 'kind'],
          properties: {
            name: { type: 'string', minLength: 1, maxLength: NAME_LENGTH_MAX },
            kind: { type: 'string', enum: ['promote', 'rollback'] },
          },
        },
        body: {
          type: ['object', 'null'],
          additionalProperties: false,
          properties: {
            version: { type: 'string', minLength: 1, maxLength: NAME_LENGTH_MAX },
            reason: { type: 'string', maxLength: REASON_LENGTH_MAX },
          },
        },
        response: { 200: decisionSchema, ...failures(400, 403, 404, 409, 503) },
      },
    },
    async ({ params: { name, kind }, body }) => ({
      events: await page.decisions.decide({
        modelName: name,
        kind,
        version: body?.version ?? null,
        reason: body?.reason ?? '',
      }),
    }),
  )
}

function described(version: ModelVersion, { registry, fleet, isRefused }: Models): object {
  const { modelName, gate, metrics, importance } = version
  return {
    ...version,
    stage: stageOf(registry, modelName, version.version),
    aliases: aliasesOfVersion(registry, modelName, version.version),
    isLoaded: fleet.find(version) !== undefined,
    isRefused: isRefused(version),
    gatePassed: gate?.passed ?? null,
    gateReasons: gate?.reasons ?? [],
    importance: importance.slice(0, COLUMNS_SHOWN),
    splits: metrics,
  }
}
