/**
 * Who may use the routes that write. The server asks nobody for a password by default, so at least no
 * other site may write through the browser of somebody who visits it: browsers say where a request
 * comes from, and a name that was bent to this machine is not the name of this machine.
 */
import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import type { NewsIntake } from './dependencies.ts'

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

/** A hook. @throws CandlewireError NOT_ALLOWED */
export const mayWrite =
  ({ token, isLocal }: Pick<NewsIntake, 'token' | 'isLocal'>) =>
  ({ headers, caller }: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void => {
    const { host = '', origin, authorization = '' } = headers
    const site = headers['sec-fetch-site']
    const isForeign =
      (site !== undefined && site !== 'same-origin' && site !== 'none') ||
      (origin !== undefined && hostOf(origin) !== host.toLowerCase()) ||
      (isLocal && !LOCAL_HOST.test(host))
    if (isForeign) return done(refusal('The request comes from the page of another site'))
    // Who was let in by a token has shown that it may.
    if (caller === undefined && token !== '' && !isEqual(authorization, `Bearer ${token}`))
      return done(refusal('The request does not carry the INGEST_TOKEN as bearer token'))
    done()
  }

const refusal = (message: string): CandlewireError => new CandlewireError('NOT_ALLOWED', message)

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined

/** Takes as long for a nearly right token as for a wrong one. */
function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
