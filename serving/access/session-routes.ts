/**
 * `/session`: a browser gives its token once and gets a cookie that its pages, event streams and
 * sockets carry by themselves; those cannot send headers, and a token must not stand in an address.
 */
import type { FastifyInstance } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import { failures, fields } from '../http/schemas.ts'
import type { AccessOptions } from './access-options.ts'
import { callerOf, COOKIE, SESSION_MS, sessionOf, tokenOf } from './caller.ts'

const { nullable } = fields
/** Out of the reach of scripts, and sent by no other site. */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'

const sessionSchema = {
  type: 'object',
  properties: {
    isNeeded: { type: 'boolean', description: 'Whether this server asks for tokens.' },
    name: nullable('string', 'Whose token was given; null: nobody is known.'),
    scopes: { type: 'array', items: { type: 'string' }, description: 'What it may do.' },
  },
}

export function sessionRoutes(app: FastifyInstance, access: AccessOptions): void {
  const tags = ['access']
  const shown = (caller: { name: string; scopes: readonly string[] } | undefined) => ({
    isNeeded: access.tokens.length > 0,
    name: caller?.name ?? null,
    scopes: caller?.scopes ?? [],
  })

  app.get(
    '/session',
    { schema: { tags, summary: 'Who is known by this browser', response: { 200: sessionSchema } } },
    ({ headers }) => shown(callerOf(headers, access, Date.now())),
  )

  app.post(
    '/session',
    {
      schema: {
        tags,
        summary: 'A cookie for the bearer token of this request',
        response: { 200: sessionSchema, ...failures(401) },
      },
    },
    ({ headers, protocol }, reply) => {
      const token = tokenOf(headers, access)
      if (token === undefined)
        throw new CandlewireError('UNAUTHENTICATED', 'The token is not known here')
      const secure = protocol === 'https' ? '; Secure' : ''
      const value = sessionOf(token, Date.now())
      const cookie = `${COOKIE}=${value}; Max-Age=${SESSION_MS / 1_000}; ${ATTRIBUTES}${secure}`
      void reply.header('set-cookie', cookie)
      return shown(token)
    },
  )

  app.delete(
    '/session',
    { schema: { tags, summary: 'Sign out', response: { 200: sessionSchema } } },
    (_request, reply) => {
      void reply.header('set-cookie', `${COOKIE}=; Max-Age=0; ${ATTRIBUTES}`)
      return shown(undefined)
    },
  )
}
