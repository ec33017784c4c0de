/** Security headers, other origins, and how often one caller may ask. */
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import { CandlewireError } from '../../streams/errors.ts'
import type { AccessOptions } from './access-options.ts'

/** Callers that are counted at a time; the one longest silent is forgotten. */
const CALLERS_MAX = 10_000
/** Browsers ask again after this whether another origin may. */
const PREFLIGHT_S = 600

/** Pages and /docs have policies of their own; an answer of data loads nothing. */
const NOTHING = {
  useDefaults: false,
  directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
}

/** To be called before access is controlled: a preflight carries no token. */
export async function protect(app: FastifyInstance, access: AccessOptions): Promise<void> {
  // Put together once: @fastify/helmet does so for every request, at 6 us.
  const setHeaders = helmet({
    contentSecurityPolicy: NOTHING,
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // The server speaks HTTP; whoever puts TLS in front of it says for how long.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', (request, reply, done) => {
    setHeaders(request.raw, reply.raw, () => done())
  })
  if (access.corsOrigins.length === 0) return
  await app.register(cors, {
    origin: [...access.corsOrigins],
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'last-event-id'],
    credentials: false,
    maxAge: PREFLIGHT_S,
  })
}

/** To be called after access is controlled: who is known is counted by name. */
export async function limitRate(app: FastifyInstance, access: AccessOptions): Promise<void> {
  const { requestsPerSecond } = access
  if (requestsPerSecond === 0) return
  await app.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: 1_000,
    cache: CALLERS_MAX,
    keyGenerator: ({ caller, ip }) =>
      caller === undefined ? `address ${ip}` : `token ${caller.name}`,
    errorResponseBuilder: (_request, { max }) =>
      new CandlewireError('RATE_LIMITED', `More than ${max} requests in a second`),
  })
}

/** What swagger-ui asks for by its hashes, without the other sites that it names. */
export const docsPolicy = (header: string): string =>
  header
    .replaceAll(/ (https:|validator\.swagger\.io)(?=[ ;])/g, '')
    .replace('upgrade-insecure-requests;', '')
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
