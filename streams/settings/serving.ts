/** The prediction server: its models, when it abstains, its guard and its store. */
import { z } from 'zod'
import { apiTokens } from './api-tokens.ts'
import { count, secret, setting, text } from './setting.ts'

const OPEN_GROUPS = ['health', 'metrics', 'docs'] as const
export type OpenGroup = (typeof OPEN_GROUPS)[number]

const words = text.transform((all) => all.split(/[\s,]+/).filter((word) => word !== ''))

export const SERVING_SETTINGS = {
  servedModels: setting(
    'SERVED_MODELS',
    text.transform((names) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    '',
    'Models the server answers with, by name, separated by commas, the default one first; empty: every published one, and `forward_return_30` by default.',
  ),
  modelsLoadedMax: setting(
    'MODELS_LOADED_MAX',
    count(1, 64),
    '12',
    'Model versions a server keeps loaded, each in a thread of its own.',
  ),
  predictionCache: setting(
    'PREDICTION_CACHE',
    z.enum(['on', 'off']),
    'on',
    'Whether the output of a model for the newest vector of an instrument is kept, in memory and in Redis, until the next vector: `on` or `off`. Answers are the same.',
  ),
  intervalCoverage: setting(
    'INTERVAL_COVERAGE',
    z.coerce.number().min(0.5).max(0.99),
    '0.9',
    'Share of outcomes that the intervals of predictions are to cover.',
  ),
  featureAgeMaxSeconds: setting(
    'FEATURE_AGE_MAX_S',
    count(0, 86_400),
    '600',
    'A prediction abstains where the newest original candle is older than this, in seconds of event time.',
  ),
  missingInputsMax: setting(
    'MISSING_INPUTS_MAX',
    z.coerce.number().min(0).max(1),
    '0.25',
    'A prediction abstains where a larger share of inputs is missing that training mostly had.',
  ),
  novelInputsMax: setting(
    'NOVEL_INPUTS_MAX',
    z.coerce.number().min(0).max(1),
    '0.4',
    'A prediction abstains where a larger share of inputs lies outside of what the model saw in training.',
  ),
  guardEverySeconds: setting(
    'GUARD_EVERY_S',
    count(1, 3_600),
    '15',
    'Time between two looks of the guard at the versions that answer, in seconds; three bad looks take one back.',
  ),
  guardErrorShareMax: setting(
    'GUARD_ERROR_SHARE_MAX',
    z.coerce.number().min(0).max(1),
    '0.05',
    'Share of failed calls above which a look is bad.',
  ),
  guardLatencyRatioMax: setting(
    'GUARD_LATENCY_RATIO_MAX',
    z.coerce.number().min(1).max(1_000),
    '3',
    'A look is bad where a call of the challenger takes more than this many times that of the champion.',
  ),
  guardRmseRatioMax: setting(
    'GUARD_RMSE_RATIO_MAX',
    z.coerce.number().min(1).max(1_000),
    '1.1',
    'A look is bad where the live RMSE of the challenger is more than this many times that of the champion on the same outcomes.',
  ),

  guardBrierRatioMax: setting(
    'GUARD_BRIER_RATIO_MAX',
    z.coerce.number().min(1).max(1_000),
    '1.1',
    'A look is bad where the live Brier score of a challenger that classifies is more than this many times that of the champion on the same outcomes.',
  ),
  apiTokens: secret(
    'API_TOKENS',
    apiTokens,
    '',
    'Bearer tokens of the server, `name:scope+scope:token`, separated by spaces; scopes read, predict, admin (all). Instead of the token `sha256=` and its hash in hex. Empty: nobody is asked.',
  ),
  tokenFreeRoutes: setting(
    'TOKEN_FREE_ROUTES',
    words
      .transform((all) => all.filter((word) => word !== 'none'))
      .pipe(z.array(z.enum(OPEN_GROUPS))),
    'health,metrics,docs',
    'What is answered without a token where API_TOKENS are set: health, metrics, docs, separated by commas; `none`: nothing but the pages.',
  ),
  corsOrigins: setting(
    'CORS_ORIGINS',
    words.pipe(
      z.array(z.string().regex(/^https?:\/\/[^/\s]+$/, 'is no origin such as https://host:port')),
    ),
    '',
    'Origins whose pages may read and predict through a browser, separated by commas; empty: none. They may never write.',
  ),
  rateLimitPerSecond: setting(
    'RATE_LIMIT_PER_S',
    z.union([z.literal('auto'), count(0, 1_000_000)]),
    'auto',
    'Requests a second of one token, or one address without a token; 0: no limit; auto: none while HTTP_HOST is loopback, else 500.',
  ),
  requestTimeoutSeconds: setting(
    'REQUEST_TIMEOUT_S',
    count(1, 600),
    '30',
    'How long a request may take to arrive, and its answer to be made, in seconds.',
  ),
  marketTtlSeconds: setting(
    'REDIS_MARKET_TTL_S',
    count(1, 31_536_000),
    '86400',
    'Time to live of the newest vector in Redis, in seconds.',
  ),
  newsTtlSeconds: setting(
    'REDIS_NEWS_TTL_S',
    count(1, 31_536_000),
    '7200',
    'Time to live of the newest article in Redis, in seconds.',
  ),
} as const
