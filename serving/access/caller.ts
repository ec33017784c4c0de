/**
 * Who asks: by a bearer token, or by the cookie that a browser got for one. Tokens are compared by
 * their hashes, all of them and in constant time. The cookie holds no token: a name, an end, and a
 * signature that only who knows the token's hash can make; so it is good on every server with the
 * same setting, and ends with the token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sha256Of, type ApiToken, type Scope } from '../../streams/settings/api-tokens.ts'
import type { AccessOptions } from './access-options.ts'

/** `ingest` publishes articles; no token but INGEST_TOKEN and admin has it. */
export type Permission = Scope | 'ingest'

export interface Caller {
  readonly name: string
  readonly scopes: readonly Permission[]
}

export const COOKIE = 'candlewire_session'
/** A working day. */
export const SESSION_MS = 12 * 60 * 60 * 1_000
const BEARER = /^Bearer +(\S{1,500})$/i
const INGEST: readonly Permission[] = ['ingest', 'read']

export const may = ({ scopes }: Caller, permission: Permission): boolean =>
  scopes.includes(permission) || scopes.includes('admin')

export function callerOf(
  headers: IncomingHttpHeaders,
  options: AccessOptions,
  nowMs: number,
): Caller | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1]
  // Who names a token is not let in by a cookie that lies about.
  if (headers.authorization !== undefined)
    return bearer === undefined ? undefined : byToken(bearer, options)
  const session = cookieOf(headers)
  return session === undefined ? undefined : bySession(session, options.tokens, nowMs)
}

export function sessionOf({ name, sha256 }: ApiToken, nowMs: number): string {
  const end = nowMs + SESSION_MS
  return `${name}.${end}.${signature(sha256, name, end)}`
}

export function tokenOf(
  headers: IncomingHttpHeaders,
  { tokens }: AccessOptions,
): ApiToken | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1]
  if (bearer === undefined) return undefined
  const given = sha256Of(bearer)
  return tokens.filter(({ sha256 }) => timingSafeEqual(given, sha256))[0]
}

function byToken(bearer: string, { tokens, ingestSha256 }: AccessOptions): Caller | undefined {
  const given = sha256Of(bearer)
  const [found] = tokens.filter(({ sha256 }) => timingSafeEqual(given, sha256))
  const isIngest = ingestSha256 !== undefined && timingSafeEqual(given, ingestSha256)
  return found ?? (isIngest ? { name: 'ingest', scopes: INGEST } : undefined)
}

function bySession(
  session: string,
  tokens: readonly ApiToken[],
  nowMs: number,
): Caller | undefined {
  const [name = '', endText = '', given = ''] = session.split('.')
  const end = Number(endText)
  const token = tokens.find((each) => each.name === name)
  if (token === undefined || !Number.isSafeInteger(end) || end <= nowMs) return undefined
  const [a, b] = [Buffer.from(given), Buffer.from(signature(token.sha256, name, end))]
  return a.length === b.length && timingSafeEqual(a, b) ? token : undefined
}

const signature = (key: Buffer, name: string, end: number): string =>
  createHmac('sha256', key).update(`session.${name}.${end}`).digest('base64url')

function cookieOf({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === COOKIE) return value
  }
  return undefined
}
