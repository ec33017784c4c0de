/**
 * Asks for tokens, where there are any, and keeps other sites' pages out of the WebSocket, which
 * browsers let them open. Everything is decided before a body is read.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { OpenGroup } from '../../streams/settings/serving.ts'
import type { AccessOptions } from './access-options.ts'
import { callerOf, may, type Caller, type Permission } from './caller.ts'
import { routePermission, type RoutePermission } from './route-permissions.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route asks for; set from the table where a route does not say it. */
    permission?: RoutePermission
  }
  interface FastifyRequest {
    /** Set where the request was let in by a token. */
    caller: Caller | undefined
  }
}

export function controlAccess(app: FastifyInstance, options: AccessOptions): void {
  app.decorateRequest('caller', undefined)
  app.addHook('onRoute', (route) => {
    const [method = 'GET'] = [route.method].flat()
    route.config = { permission: routePermission(method, route.url), ...route.config }
  })
  app.addHook('onRequest', (request, reply, done) => {
    try {
      refuseForeignSocket(request, options)
      if (options.tokens.length > 0) letIn(request, reply, options)
      done()
    } catch (thrown) {
      done(thrown as Error)
    }
  })
}

function letIn(request: FastifyRequest, reply: FastifyReply, options: AccessOptions): void {
  const { permission } = request.routeOptions.config
  // Not found is not found for everybody.
  if (permission === undefined || isOpen(permission, options)) return
  const caller = callerOf(request.headers, options, Date.now())
  if (caller === undefined) {
    void reply.header('www-authenticate', 'Bearer realm="candlewire"')
    throw new CandlewireError('UNAUTHENTICATED', 'The request carries no token that is known here')
  }
  const needed: Permission = isGroup(permission) ? 'read' : permission
  if (!may(caller, needed))
    throw new CandlewireError('NOT_ALLOWED', `The token ${caller.name} has not the scope ${needed}`)
  request.caller = caller
}

function isOpen(permission: RoutePermission, { openGroups }: AccessOptions): permission is 'open' {
  return permission === 'open' || (isGroup(permission) && openGroups.includes(permission))
}

const isGroup = (permission: RoutePermission): permission is OpenGroup =>
  permission === 'health' || permission === 'metrics' || permission === 'docs'

function refuseForeignSocket({ headers }: FastifyRequest, { corsOrigins }: AccessOptions): void {
  const { origin, upgrade, host } = headers
  if (upgrade === undefined || origin === undefined || corsOrigins.includes(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return
  throw new CandlewireError('NOT_ALLOWED', 'The WebSocket is opened by the page of another site')
}
