import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../config.ts'
import { CandlewireError } from '../../errors.ts'
import { oandaAccess, oandaInstruments } from './oanda-access.ts'

const TOKEN = 'abc0123456789-def'
const configOf = (environment: Record<string, string>) =>
  loadConfig({ OANDA_TOKEN: TOKEN, ...environment })

describe('oandaAccess', () => {
  it('knows the addresses of both systems', () => {
    expect(oandaAccess(configOf({}))).toMatchObject({
      restUrl: 'https://api-fxpractice.oanda.com',
      streamUrl: 'https://stream-fxpractice.oanda.com',
      account: undefined,
    })
    expect(oandaAccess(configOf({ OANDA_ENVIRONMENT: 'live' }))).toMatchObject({
      restUrl: 'https://api-fxtrade.oanda.com',
      streamUrl: 'https://stream-fxtrade.oanda.com',
    })
  })

  it('wants a token', () => {
    expect(() => oandaAccess(loadConfig({}))).toThrow(/OANDA_TOKEN is empty/)
  })

  it.each([
    ['http://example.com', false],
    ['https://user:word@example.com', false],
    ['no url', false],
    ['ftp://127.0.0.1', false],
    ['http://127.0.0.1:8000/', true],
    ['http://localhost:8000', true],
    ['https://example.com/oanda', true],
  ])('sends the token to %s: %s', (url, allowed) => {
    const open = () => oandaAccess(configOf({ OANDA_REST_URL: url }))
    if (allowed) expect(open().restUrl).toBe(url.replace(/\/$/, ''))
    else expect(open).toThrow(CandlewireError)
  })

  it('takes token and account out of a text', () => {
    const { redact } = oandaAccess(configOf({ OANDA_ACCOUNT: '101-004-1-001' }))
    expect(redact(`Bearer ${TOKEN} at /v3/accounts/101-004-1-001 ${TOKEN}`)).toBe(
      'Bearer (token) at /v3/accounts/(account) (token)',
    )
  })

  it('does not show a wrong token in the message about it', () => {
    expect(() => loadConfig({ OANDA_TOKEN: 'two words' })).toThrow(/^(?!.*two words).*hidden/)
  })
})

it('follows the listed instruments once each, or the default one', () => {
  const list = (OANDA_INSTRUMENTS: string) =>
    oandaInstruments(loadConfig({ INSTRUMENT: 'SPX500_USD', OANDA_INSTRUMENTS }))
  expect(list('')).toEqual(['SPX500_USD'])
  expect(list('EUR_USD,XAU_USD,EUR_USD')).toEqual(['EUR_USD', 'XAU_USD'])
})
