/** Where candles come from: the simulator, public data sets and OANDA. */
import { z } from 'zod'
import { count, secret, setting, text } from './setting.ts'

export const SOURCE_SETTINGS = {
  simulationSeed: setting(
    'SIMULATION_SEED',
    count(0, 2_147_483_647),
    '20260101',
    'Seed of the market and news simulator.',
  ),
  cacheDir: setting(
    'CANDLEWIRE_CACHE_DIR',
    text.min(1),
    'data/cache',
    'Where public data sets are kept that were fetched; relative to the working directory.',
  ),
  oandaToken: secret(
    'OANDA_TOKEN',
    z.string().regex(/^[\x21-\x7e]{0,512}$/, { message: 'is not a token' }),
    '',
    'Personal access token of an OANDA v20 account; empty: no OANDA source.',
  ),
  oandaAccount: secret(
    'OANDA_ACCOUNT',
    z.string().regex(/^[A-Za-z0-9-]{0,64}$/, { message: 'is not an account id' }),
    '',
    'OANDA account id such as 101-004-1234567-001, for the price stream; empty: candles are polled by the clock.',
  ),
  oandaEnvironment: setting(
    'OANDA_ENVIRONMENT',
    z.enum(['practice', 'live']),
    'practice',
    'Which OANDA system the token is of.',
  ),
  oandaInstruments: setting(
    'OANDA_INSTRUMENTS',
    z.string().regex(/^[A-Za-z0-9_]*(,[A-Za-z0-9_]+)*$/, { message: 'is not a list as A_B,C_D' }),
    '',
    'Instruments to follow at OANDA, by comma; empty: INSTRUMENT.',
  ),
  oandaHistoryDays: setting(
    'OANDA_HISTORY_DAYS',
    count(0, 10_000),
    '30',
    'Days of candles fetched for an instrument that has none from OANDA yet.',
  ),
  oandaRestUrl: setting(
    'OANDA_REST_URL',
    text,
    '',
    'Base URL of the OANDA REST interface; empty: that of OANDA_ENVIRONMENT.',
  ),
  oandaStreamUrl: setting(
    'OANDA_STREAM_URL',
    text,
    '',
    'Base URL of the OANDA price stream; empty: that of OANDA_ENVIRONMENT.',
  ),
} as const
