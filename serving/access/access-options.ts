/** Who may do what, as the settings say. */
import type { Config } from '../../streams/config.ts'
import type { ApiToken } from '../../streams/settings/api-tokens.ts'
import type { OpenGroup } from '../../streams/settings/serving.ts'
import { sha256Of } from '../../streams/settings/api-tokens.ts'

export interface AccessOptions {
  /** None: nobody is asked. */
  readonly tokens: readonly ApiToken[]
  /** Of INGEST_TOKEN, which publishes articles and reads; unset: there is none. */
  readonly ingestSha256: Buffer | undefined
  readonly openGroups: readonly OpenGroup[]
  readonly corsOrigins: readonly string[]
  /** Of one token or address; 0: no limit. */
  readonly requestsPerSecond: number
  readonly requestTimeoutMs: number
}

/** Who is reached by others is asked by others; the bench of one machine is not in the way. */
const AUTOMATIC_PER_SECOND = 500

export const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|::1)$/.test(host)

export function accessOptions(config: Config): AccessOptions {
  const { host, rateLimitPerSecond, ingestToken } = config
  const automatic = isLoopback(host) ? 0 : AUTOMATIC_PER_SECOND
  return {
    tokens: config.apiTokens,
    ingestSha256: ingestToken === '' ? undefined : sha256Of(ingestToken),
    openGroups: config.tokenFreeRoutes,
    corsOrigins: config.corsOrigins,
    requestsPerSecond: rateLimitPerSecond === 'auto' ? automatic : rateLimitPerSecond,
    requestTimeoutMs: config.requestTimeoutSeconds * 1_000,
  }
}

/** As on a machine of one's own. */
export const OPEN_ACCESS: AccessOptions = {
  tokens: [],
  ingestSha256: undefined,
  openGroups: ['health', 'metrics', 'docs'],
  corsOrigins: [],
  requestsPerSecond: 0,
  requestTimeoutMs: 30_000,
}
