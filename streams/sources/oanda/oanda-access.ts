/**
 * What it takes to talk to OANDA v20: addresses, token, account, and the rule that neither token nor
 * account ever leaves by any other way than the request itself.
 *
 * Source: the OANDA v20 development guide, developer.oanda.com/rest-live-v20/development-guide.
 */
import type { Config } from '../../config.ts'
import { CandlewireError } from '../../errors.ts'

const BASE_URLS = {
  practice: {
    rest: 'https://api-fxpractice.oanda.com',
    stream: 'https://stream-fxpractice.oanda.com',
  },
  live: { rest: 'https://api-fxtrade.oanda.com', stream: 'https://stream-fxtrade.oanda.com' },
} as const

export type OandaConfig = Pick<
  Config,
  | 'instrument'
  | 'oandaToken'
  | 'oandaAccount'
  | 'oandaEnvironment'
  | 'oandaInstruments'
  | 'oandaRestUrl'
  | 'oandaStreamUrl'
>

export interface OandaAccess {
  readonly restUrl: string
  readonly streamUrl: string
  readonly token: string
  /** Undefined: no price stream. */
  readonly account: string | undefined
  /** Takes token and account out of a text that may reach a log, a message or a dead letter. */
  readonly redact: (text: string) => string
}

/** @throws CandlewireError CONFIG_INVALID without a token, or with an address that would show it */
export function oandaAccess(config: OandaConfig): OandaAccess {
  const { oandaToken: token, oandaAccount: account, oandaEnvironment: environment } = config
  if (token === '')
    throw new CandlewireError(
      'CONFIG_INVALID',
      'OANDA_TOKEN is empty; a practice account has one under "Manage API access" (docs/oanda.md)',
    )
  return {
    restUrl: baseUrl('OANDA_REST_URL', config.oandaRestUrl, BASE_URLS[environment].rest),
    streamUrl: baseUrl('OANDA_STREAM_URL', config.oandaStreamUrl, BASE_URLS[environment].stream),
    token,
    account: account === '' ? undefined : account,
    redact: (text) => {
      const withoutToken = text.replaceAll(token, '(token)')
      return account === '' ? withoutToken : withoutToken.replaceAll(account, '(account)')
    },
  }
}

/** The instruments to follow, without doubles; without a list, the default instrument. */
export function oandaInstruments(
  config: Pick<OandaConfig, 'instrument' | 'oandaInstruments'>,
): readonly string[] {
  const listed = config.oandaInstruments.split(',').filter((name) => name !== '')
  return listed.length === 0 ? [config.instrument] : [...new Set(listed)]
}

function baseUrl(variable: string, given: string, standard: string): string {
  if (given === '') return standard
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || url.username !== '' || url.password !== '')
    throw new CandlewireError(
      'CONFIG_INVALID',
      `${variable} is not a URL without user and password`,
    )
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new CandlewireError(
      'CONFIG_INVALID',
      `${variable} is not https: the token would go over the network in the clear`,
    )
  return given.replace(/\/+$/, '')
}
