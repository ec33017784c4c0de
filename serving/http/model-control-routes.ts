/** `POST /models/{name}/load` and `DELETE /models/{name}`: what this server holds, by hand. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields, modelChoiceProperties } from './schemas.ts'

const { nullable, text } = fields

const params = {
  type: 'object',
  required: ['name'],
  properties: { name: { ...modelChoiceProperties.model_name, description: 'Model name.' } },
}

const heldSchema = (what: string) => ({
  type: 'object',
  properties: {
    modelName: text('Model name.'),
    versions: {
      type: 'array',
      description: what,
      items: {
        type: 'object',
        properties: {
          version: text('Version.'),
          role: nullable('string', 'champion, challenger or shadow; null: none.'),
        },
      },
    },
  },
})

export function modelControlRoutes(
  app: FastifyInstance,
  { control, intake }: Pick<AppDependencies, 'control' | 'intake'>,
): void {
  app.post<{ Params: { name: string }; Body: { version?: string } | null }>(
    '/models/:name/load',
    {
      onRequest: mayWrite(intake),
      schema: {
        tags: ['models'],
        summary: 'Load a version into this server beside those with a role, or serve a model again',
        description:
          'Roles are given by the registry (`candlewire models`); a version that is loaded by hand answers where a request names it. It stays until it is unloaded or the server ends.',
        params,
        body: {
          type: ['object', 'null'],
          additionalProperties: false,
          properties: {
            version: {
              ...modelChoiceProperties.model_version,
              description: 'Unset: the versions with a role, after the model was unloaded.',
            },
          },
        },
        response: {
          200: heldSchema('What is loaded of the model now.'),
          ...failures(400, 403, 404, 422, 503),
        },
      },
    },
    async ({ params: { name }, body }) => ({
      modelName: name,
      versions: await control.load(name, body?.version),
    }),
  )

  app.delete<{ Params: { name: string }; Querystring: { version?: string; force?: string } }>(
    '/models/:name',
    {
      onRequest: mayWrite(intake),
      schema: {
        tags: ['models'],
        summary: 'Unload a model, or one version without a role, from this server',
        description:
          'The registry and other servers keep it. A model that answers goes only with `force=true`.',
        params,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            version: {
              ...modelChoiceProperties.model_version,
              description: 'Only this version, which must have no role; unset: all of the model.',
            },
            force: {
              type: 'string',
              enum: ['true', 'false'],
              description: 'true: even if nothing answers under the name afterwards.',
            },
          },
        },
        response: {
          200: heldSchema('What was unloaded.'),
          ...failures(400, 403, 404, 409, 503),
        },
      },
    },
    async ({ params: { name: modelName }, query: { version, force } }) => ({
      modelName,
      versions: await control.unload({ modelName, version, mayLeaveNone: force === 'true' }),
    }),
  )
}
