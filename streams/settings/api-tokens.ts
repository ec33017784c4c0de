/**
 * Bearer tokens as one setting: entries `name:scope+scope:secret`, separated by spaces or commas. The
 * secret is the token itself, or `sha256=` and the hash of it in hex, so that the setting need not hold
 * what opens the door. Only hashes are kept after reading.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'

const SCOPES = ['read', 'predict', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export interface ApiToken {
  /** For logs and limits; says nothing of the token. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly sha256: Buffer
}

/** A token that is guessed in less than the age of the universe is none. */
const TOKEN_LENGTH_MIN = 16
const TOKENS_MAX = 100
const NAME = /^[A-Za-z0-9_-]{1,32}$/
const HASHED = /^sha256=([0-9a-f]{64})$/i

export const sha256Of = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Says which entry is wrong by its number, never what it holds. */
export const apiTokens = z.string().transform((text, context): readonly ApiToken[] => {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
  if (entries.length > TOKENS_MAX) refuse(`more than ${TOKENS_MAX} tokens`)
  const tokens = entries.flatMap((entry, index) => {
    const parsed = tokenIn(entry)
    if (typeof parsed !== 'string') return [parsed]
    refuse(`entry ${index + 1} ${parsed}`)
    return []
  })
  if (new Set(tokens.map(({ name }) => name)).size < tokens.length)
    refuse('two entries have the same name')
  return tokens
})

/** @returns the token, or what is wrong with it */
function tokenIn(entry: string): ApiToken | string {
  const [name = '', scopeText = '', ...rest] = entry.split(':')
  const secret = rest.join(':')
  if (!NAME.test(name)) return 'has no name of letters, digits, - and _ before the first colon'
  const scopes = scopeText.split('+')
  if (!scopes.every(isScope)) return `has other scopes than ${SCOPES.join(', ')}, joined by +`
  const hash = HASHED.exec(secret)?.[1]
  if (hash !== undefined) return { name, scopes, sha256: Buffer.from(hash, 'hex') }
  if (secret.startsWith('sha256=')) return 'has a hash that is not 64 hex digits'
  if (secret.length < TOKEN_LENGTH_MIN)
    return `has a token of less than ${TOKEN_LENGTH_MIN} characters`
  return { name, scopes, sha256: sha256Of(secret) }
}

const isScope = (text: string): text is Scope => (SCOPES as readonly string[]).includes(text)
