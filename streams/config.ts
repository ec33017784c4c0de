/**
 * All settings, declared once: the table gives type, default, environment variable, the lines of
 * `.env.example` and the table in the README (`npm run generate`). Read once at start, frozen and
 * passed down; nothing else reads the environment.
 */
import { resolve } from 'node:path'
import { z } from 'zod'
import { CandlewireError } from './errors.ts'

interface Setting<T> {
  readonly env: string
  readonly schema: z.ZodType<T>
  readonly fallback: string
  readonly doc: string
  readonly secret?: true
}

const setting = <T>(
  env: string,
  schema: z.ZodType<T>,
  fallback: string,
  doc: string,
): Setting<T> => ({ env, schema, fallback, doc })
const secret = <T>(env: string, schema: z.ZodType<T>, fallback: string, doc: string) =>
  ({ ...setting(env, schema, fallback, doc), secret: true }) as const

/** Where the local stores listen. */
export const LOOPBACK = '127.0.0.1'

const port = z.coerce.number().int().min(1).max(65535)
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const text = z.string()
const webAddress = z.union([z.literal(''), z.url({ protocol: /^https?$/ })], {
  error: 'is not an http(s) address',
})
const zone = z.string().refine(
  (name) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name })
      return true
    } catch (thrown) {
      return !(thrown instanceof RangeError)
    }
  },
  { message: 'is not an IANA time zone' },
)

export const SETTINGS = {
  dataDir: setting(
    'CANDLEWIRE_DATA_DIR',
    text.min(1),
    '.candlewire',
    'Where the local stack keeps its data, logs and process records.',
  ),
  libDir: setting(
    'CANDLEWIRE_LIB_DIR',
    text,
    '',
    'Where fetched artefacts are unpacked; empty: `lib` in the data directory.',
  ),
  mavenRepositoryUrl: setting(
    'MAVEN_REPOSITORY_URL',
    z.url(),
    'https://repo1.maven.org/maven2',
    'Repository for pinned artefacts where Maven is not installed.',
  ),
  host: setting(
    'CANDLEWIRE_HOST',
    text.min(1),
    '127.0.0.1',
    'Address the prediction server listens on. The local stores never leave loopback: they ask nobody for a password.',
  ),
  kafkaPort: setting('KAFKA_PORT', port, '29092', 'Port of the local broker.'),
  kafkaControllerPort: setting(
    'KAFKA_CONTROLLER_PORT',
    port,
    '29093',
    'Port of the local KRaft controller.',
  ),
  registryPort: setting(
    'SCHEMA_REGISTRY_PORT',
    port,
    '28081',
    'Port of the local schema registry.',
  ),
  redisPort: setting('REDIS_PORT', port, '26379', 'Port of the local Redis.'),
  clickhousePort: setting(
    'CLICKHOUSE_PORT',
    port,
    '28123',
    'Port of the local ClickHouse HTTP interface.',
  ),
  httpPort: setting('HTTP_PORT', port, '8080', 'Port of the prediction server and its page.'),
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    text,
    '',
    'host:port,... of an existing cluster; empty: the local broker.',
  ),
  registryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    text,
    '',
    'URL of an existing Confluent-compatible registry; empty: the local one.',
  ),
  redisUrl: secret('REDIS_URL', text, '', 'URL of an existing Redis; empty: the local one.'),
  clickhouseUrl: setting(
    'CLICKHOUSE_URL',
    text,
    '',
    'URL of an existing ClickHouse HTTP interface; empty: the local engine.',
  ),
  clickhouseUser: setting('CLICKHOUSE_USER', text.min(1), 'default', 'ClickHouse user.'),
  clickhousePassword: secret('CLICKHOUSE_PASSWORD', text, '', 'ClickHouse password.'),
  clickhouseDatabase: setting(
    'CLICKHOUSE_DATABASE',
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
    'candlewire',
    'ClickHouse database.',
  ),
  topicPartitions: setting(
    'TOPIC_PARTITIONS',
    count(1, 1000),
    '4',
    'Partitions of every partitioned topic when it is created.',
  ),
  replicationFactor: setting(
    'TOPIC_REPLICATION',
    count(1, 9),
    '1',
    'Replication factor of topics when they are created.',
  ),
  instrument: setting(
    'INSTRUMENT',
    z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/),
    'SPX500_USD',
    'Default instrument of files and of the simulator.',
  ),
  featureSet: setting(
    'FEATURE_SET',
    text.min(1),
    'market-76',
    'Feature set that models are trained on.',
  ),
  maxFillMinutes: setting(
    'MAX_FILL_MINUTES',
    count(0, 10_000),
    '360',
    'Longest gap between two candles that is filled; longer ones are session breaks.',
  ),
  sessionZone: setting('SESSION_ZONE', zone, 'America/New_York', 'IANA zone of the session start.'),
  sessionStart: setting(
    'SESSION_START',
    z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    '17:00',
    'Local time at which a session starts.',
  ),
  instrumentsFile: setting(
    'INSTRUMENTS_FILE',
    text,
    '',
    'JSON file with the calendar and gap policy of each instrument (docs/instruments.md); empty: the three above for all.',
  ),
  snapshotEveryRecords: setting(
    'SNAPSHOT_EVERY_RECORDS',
    count(1, 10_000_000),
    '20000',
    'Input records of a partition between two state snapshots: the bound on what a restart re-applies.',
  ),
  transactionRecordsMax: setting(
    'TRANSACTION_RECORDS_MAX',
    count(1, 100_000),
    '2000',
    'Most input records in one Kafka transaction.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    count(6_000, 300_000),
    '10000',
    'Silence after which a group member is given up, in ms.',
  ),
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
  sentimentRecorded: setting(
    'SENTIMENT_RECORDED',
    z.enum(['use', 'rescore']),
    'use',
    'Articles that bring the recorded output of a named model: `use` it as it is, or `rescore` them by the model here.',
  ),
  sentimentModel: setting(
    'SENTIMENT_MODEL',
    z.enum(['auto', 'finbert', 'distilled']),
    'auto',
    'Which model scores articles: `finbert`, `distilled`, or `auto`: FinBERT if its files are there or its hub answers.',
  ),
  sentimentModelDir: setting(
    'SENTIMENT_MODEL_DIR',
    text,
    '',
    'Folder with the files of FinBERT as ONNX; empty: fetched once from the hub into `models` in the data directory.',
  ),
  sentimentModelId: setting(
    'SENTIMENT_MODEL_ID',
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is not OWNER/NAME'),
    'Xenova/finbert',
    'Repository of FinBERT as ONNX on the hub.',
  ),
  sentimentPrecision: setting(
    'SENTIMENT_PRECISION',
    z.enum(['int8', 'fp32']),
    'int8',
    'Which of the ONNX files of FinBERT is used; fp32 is the original, half as fast and four times the size.',
  ),
  sentimentHubUrl: setting(
    'SENTIMENT_HUB_URL',
    z.url(),
    'https://huggingface.co',
    'Where FinBERT is fetched from on first use.',
  ),
  sentimentThreads: setting(
    'SENTIMENT_THREADS',
    count(1, 64),
    '2',
    'Threads that score articles, each with a copy of the model. No score depends on it.',
  ),
  sentimentTimeoutMs: setting(
    'SENTIMENT_TIMEOUT_MS',
    count(100, 600_000),
    '30000',
    'Longest time one article may take in the sentiment model, in ms.',
  ),
  newsFeedsFile: setting(
    'NEWS_FEEDS_FILE',
    text,
    '',
    'JSON file of the feeds and GDELT queries to poll (docs/news-sources.md); empty: none.',
  ),
  newsPrivateHosts: setting(
    'NEWS_PRIVATE_HOSTS',
    z.string().regex(/^([^\s,/@]+:\d{1,5}(\s*,\s*|$))*$/, 'is not host:port,...'),
    '',
    'host:port,... of news sources that may be at addresses that are not public.',
  ),
  newsUserAgent: setting(
    'NEWS_USER_AGENT',
    z.string().regex(/^[\x20-\x7E]{1,200}$/),
    'Candlewire/0.1 (news reader)',
    'What news sources are told of who asks; add an address to write to.',
  ),
  gdeltUrl: setting(
    'GDELT_URL',
    z.url(),
    'https://api.gdeltproject.org/api/v2/doc/doc',
    'The GDELT DOC 2.0 API.',
  ),
  ingestToken: secret(
    'INGEST_TOKEN',
    text,
    '',
    'Bearer token that POST /api/news and the news simulator ask for; empty: they ask for none.',
  ),
  driftModel: setting(
    'DRIFT_MODEL',
    z.string().regex(/^[a-z0-9_]{1,64}$/),
    'forward_return_30',
    'Model whose champion (without one: shadow) carries the reference that drift is measured against.',
  ),
  driftWindow: setting(
    'DRIFT_WINDOW',
    count(60, 10_080),
    '1440',
    'Vectors in the sliding window of drift. A profile is calibrated for 1440; another window goes by thresholds.',
  ),
  driftMode: setting(
    'DRIFT_MODE',
    z.enum(['auto', 'calibrated', 'thresholds']),
    'auto',
    'When drift is detected: at a promised rate of false alarms (`calibrated`), by the fixed thresholds below (`thresholds`), or `auto`: calibrated where the profile has a calibration of this window.',
  ),
  driftFalseAlarmsPerDay: setting(
    'DRIFT_FALSE_ALARMS_PER_DAY',
    z.coerce.number().min(0.0001).max(0.5),
    '0.02',
    'False alarms a day of an instrument, over all its features, that the calibrated mode may raise.',
  ),
  driftKsThreshold: setting(
    'DRIFT_KS',
    z.coerce.number().gt(0).max(1),
    '0.1',
    'KS distance above which a feature has drifted, by thresholds.',
  ),
  driftShareThreshold: setting(
    'DRIFT_SHARE',
    z.coerce.number().gt(0).max(1),
    '0.3',
    'Share of drifted features above which there is drift, by thresholds.',
  ),
  driftMissingThreshold: setting(
    'DRIFT_MISSING',
    z.coerce.number().gt(0).max(1),
    '0.05',
    'Share of missing values, above that of the reference, from which a feature has drifted.',
  ),
  driftRetrain: setting(
    'DRIFT_RETRAIN',
    z.enum(['no', 'request']),
    'no',
    'Whether a drift alarm also asks for a training run (training-requests.v1).',
  ),
  driftReportEveryMinutes: setting(
    'DRIFT_REPORT_EVERY_MINUTES',
    count(0, 10_080),
    '60',
    'Minutes between two drift reports written under `reports/drift` in the data directory; 0: none are written.',
  ),
  driftReportsKept: setting(
    'DRIFT_REPORTS_KEPT',
    count(1, 10_000),
    '168',
    'Newest drift reports kept of each instrument; older ones are deleted.',
  ),
  trainingThreads: setting(
    'TRAINING_THREADS',
    count(1, 256),
    '2',
    'Threads of the native training libraries.',
  ),
  trainingMemoryMaxMb: setting(
    'TRAINING_MEMORY_MAX_MB',
    count(256, 1_048_576),
    '6144',
    'Most memory the training process may hold, in MiB; above it the run is ended.',
  ),
  trainingSeed: setting(
    'TRAINING_SEED',
    count(0, 2_147_483_647),
    '1',
    'Seed of everything random in training.',
  ),
  trainingTrials: setting(
    'TRAINING_TRIALS',
    count(0, 10_000),
    '50',
    'Trials of the search of a run, both stages together, for each algorithm that has a search; 0: the defaults of the algorithm.',
  ),
  trainingSignificance: setting(
    'TRAINING_SIGNIFICANCE',
    z.coerce.number().gt(0).lt(1),
    '0.01',
    'p-value that a lead over the zero forecast and over the champion has to stay under to be promoted by itself.',
  ),
  backtestSpreadBps: setting(
    'BACKTEST_SPREAD_BPS',
    z.coerce.number().min(0).max(10_000),
    '1',
    'Distance of bid and ask that the backtest pays half of on each side, in basis points.',
  ),
  backtestSlippageBps: setting(
    'BACKTEST_SLIPPAGE_BPS',
    z.coerce.number().min(0).max(10_000),
    '0.5',
    'Lost against the price that was seen on each side, in basis points.',
  ),
  backtestFeeBps: setting(
    'BACKTEST_FEE_BPS',
    z.coerce.number().min(0).max(10_000),
    '0.5',
    'Fee on each side, in basis points.',
  ),
  trainingCron: setting(
    'TRAINING_CRON',
    text,
    '0 2 * * *',
    'When the scheduler trains, as a cron line of five fields; empty: never by itself.',
  ),
  trainingCronZone: setting('TRAINING_CRON_ZONE', zone, 'UTC', 'IANA zone of TRAINING_CRON.'),
  trainingModels: setting(
    'TRAINING_MODELS',
    text,
    'forward_return_30',
    'Models that the schedule trains: forward_return_30, forward_return_60, direction_30, direction_60, with commas.',
  ),
  trainingConcurrent: setting(
    'TRAINING_CONCURRENT',
    count(1, 64),
    '3',
    'Most training runs of the scheduler at once.',
  ),
  trainingAttempts: setting(
    'TRAINING_ATTEMPTS',
    count(1, 10),
    '3',
    'Attempts of a run that fails for a reason that may pass.',
  ),
  trainingRetrySeconds: setting(
    'TRAINING_RETRY_S',
    count(1, 3_600),
    '60',
    'Wait before the second attempt in seconds, doubled for each after it, an hour at most.',
  ),
  trainingTimeLimitSeconds: setting(
    'TRAINING_TIME_LIMIT_S',
    count(1, 604_800),
    '3600',
    'Longest training run, in seconds.',
  ),
  trainingDailyCpuSeconds: setting(
    'TRAINING_DAILY_CPU_S',
    count(0, 100_000_000),
    '14400',
    'CPU-seconds of training in a UTC day, after which the scheduler starts no more runs; 0: no limit.',
  ),
  trainingDailyCost: setting(
    'TRAINING_DAILY_COST',
    z.coerce.number().min(0).max(1e9),
    '0',
    'The same in money, at TRAINING_PRICE_PER_CPU_HOUR; 0: no limit.',
  ),
  trainingPricePerCpuHour: setting(
    'TRAINING_PRICE_PER_CPU_HOUR',
    z.coerce.number().min(0).max(1e6),
    '0.05',
    'What an hour of one processor costs, in money.',
  ),
  trainingCoolDownSeconds: setting(
    'TRAINING_COOL_DOWN_S',
    count(0, 31_536_000),
    '21600',
    'Time after a request during which drift or degradation ask for no other run of the model, in seconds.',
  ),
  trainingRunsKept: setting(
    'TRAINING_RUNS_KEPT',
    count(1, 10_000),
    '30',
    'Folders of training runs kept under `runs` in the data directory; the records of all runs stay in Kafka.',
  ),
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
  metricsHost: setting(
    'METRICS_HOST',
    text.min(1),
    '127.0.0.1',
    'Address on which a service answers /metrics and /health.',
  ),
  metricsPort: setting(
    'METRICS_PORT',
    count(0, 65_535),
    '0',
    'Port on which one service (`candlewire run NAME`) answers /metrics and /health; 0: it does not.',
  ),
  metricsPortBase: setting(
    'METRICS_PORT_BASE',
    count(0, 65_000),
    '29464',
    'First of the ports that `npm start` gives its services for metrics (docs/monitoring.md); 0: none.',
  ),
  degradationRatio: setting(
    'DEGRADATION_RATIO',
    z.coerce.number().min(1.01).max(100),
    '1.2',
    'RMSE over the RMSE of the test from which on a model counts as worse than it promised; of a Brier score a quarter of the margin.',
  ),
  degradationWindowMinutes: setting(
    'DEGRADATION_WINDOW_MINUTES',
    z.enum(['60', '1440', '10080']).transform(Number),
    '1440',
    'Window of matured predictions that is compared with the test, in minutes of event time: an hour, a day or a week.',
  ),
  alertMinSeverity: setting(
    'ALERT_MIN_SEVERITY',
    z.enum(['info', 'warning', 'critical']),
    'warning',
    'Least severe alert that is delivered; all are recorded.',
  ),
  alertCooldownMinutes: setting(
    'ALERT_COOLDOWN_MINUTES',
    count(0, 100_000),
    '60',
    'Time in which the same alert is not delivered again after it was, in minutes.',
  ),
  alertMaxAgeMinutes: setting(
    'ALERT_MAX_AGE_MINUTES',
    count(1, 1_000_000),
    '1440',
    'An alert about something that happened longer ago is recorded but not delivered, in minutes: a history that is played mails nobody.',
  ),
  alertAttempts: setting(
    'ALERT_ATTEMPTS',
    count(1, 100),
    '12',
    'Times the delivery of an alert through one channel is tried before it is given up.',
  ),
  alertTimeoutMs: setting(
    'ALERT_TIMEOUT_MS',
    count(100, 120_000),
    '10000',
    'Longest time one attempt to deliver an alert may take, in ms.',
  ),
  alertRunbookUrl: setting(
    'ALERT_RUNBOOK_URL',
    text,
    '',
    'Address in front of docs/runbooks/KIND.md in deliveries, such as that of this repository; empty: the path alone.',
  ),
  alertRetrainKinds: setting(
    'ALERT_RETRAIN_KINDS',
    z.string().regex(/^[a-z_]*(,[a-z_]+)*$/, { message: 'is not a list as drift,degradation' }),
    '',
    'Kinds of alerts that ask for a training, by comma, such as drift,degradation; empty: none.',
  ),
  alertRetrainCooldownMinutes: setting(
    'ALERT_RETRAIN_COOLDOWN_MINUTES',
    count(1, 100_000),
    '1440',
    'Least time between two trainings that alerts ask for, in minutes.',
  ),
  smtpHost: setting('SMTP_HOST', text, '', 'Mail server for alerts; empty: no e-mail.'),
  smtpPort: setting('SMTP_PORT', port, '587', 'Port of the mail server.'),
  smtpSecurity: setting(
    'SMTP_SECURITY',
    z.enum(['starttls', 'tls', 'none']),
    'starttls',
    'How the connection to the mail server is protected: STARTTLS is required, TLS from the start, or not at all.',
  ),
  smtpCaFile: setting(
    'SMTP_CA_FILE',
    text,
    '',
    'PEM file of the authority that signed the certificate of the mail server; empty: the usual ones.',
  ),
  smtpUser: setting('SMTP_USER', text, '', 'User at the mail server; empty: it asks for none.'),
  smtpPassword: secret('SMTP_PASSWORD', text, '', 'Password at the mail server.'),
  alertEmailFrom: setting(
    'ALERT_EMAIL_FROM',
    text,
    'candlewire@localhost',
    'Sender of alert mails.',
  ),
  alertEmailTo: setting('ALERT_EMAIL_TO', text, '', 'Receivers of alert mails, by comma.'),
  alertSlackWebhookUrl: secret(
    'ALERT_SLACK_WEBHOOK_URL',
    webAddress,
    '',
    'Incoming webhook of a Slack channel for alerts; empty: none.',
  ),
  alertWebhookUrl: secret(
    'ALERT_WEBHOOK_URL',
    webAddress,
    '',
    'Address that alerts are posted to as JSON; empty: none.',
  ),
  alertWebhookSecret: secret(
    'ALERT_WEBHOOK_SECRET',
    text,
    '',
    'Key of the HMAC-SHA256 signature of posted alerts; empty: they are not signed.',
  ),
  watchEverySeconds: setting(
    'WATCH_EVERY_SECONDS',
    count(1, 3_600),
    '15',
    'Time between two looks of the watcher at lag, dead letters, sources and disk, in seconds.',
  ),
  watchLagRecords: setting(
    'WATCH_LAG_RECORDS',
    count(1, 1_000_000_000),
    '10000',
    'Records a consumer group may be behind, without catching up, before there is an alert.',
  ),
  watchDeadLettersPerMinute: setting(
    'WATCH_DEAD_LETTERS_PER_MINUTE',
    count(1, 1_000_000),
    '20',
    'Dead letters a minute before there is an alert.',
  ),
  watchStaleMinutes: setting(
    'WATCH_STALE_MINUTES',
    count(1, 100_000),
    '15',
    'Minutes of trading hours without a candle of an instrument before there is an alert.',
  ),
  watchDiskFreeShare: setting(
    'WATCH_DISK_FREE_SHARE',
    z.coerce.number().min(0).max(0.9),
    '0.05',
    'Free share of the disk of the data directory below which there is an alert, 0 to 1.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'Least severe level that is logged.',
  ),
} as const

type RawConfig = {
  [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}

export interface Config extends Readonly<RawConfig> {
  /** Which services are given by the user and so never started or stopped by the local stack. */
  readonly external: Readonly<Record<'kafka' | 'registry' | 'redis' | 'clickhouse', boolean>>
}

/**
 * Reads, checks, completes and freezes the configuration.
 *
 * @param environment usually `process.env`; tests pass their own.
 * @throws CandlewireError CONFIG_INVALID naming every bad variable (never its value if secret).
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, entry] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const raw = environment[entry.env]
    const parsed = entry.schema.safeParse(raw === undefined || raw === '' ? entry.fallback : raw)
    if (parsed.success) {
      values[name] = parsed.data
    } else {
      const shown = entry.secret === true ? '(hidden)' : JSON.stringify(raw)
      const why = parsed.error.issues.map((issue) => issue.message).join(', ')
      faults.push(`${entry.env}=${shown}: ${why}`)
    }
  }
  if (faults.length > 0) throw new CandlewireError('CONFIG_INVALID', faults.join('; '))
  const raw = values as unknown as RawConfig
  const dataDir = resolve(raw.dataDir)
  return Object.freeze({
    ...raw,
    dataDir,
    libDir: raw.libDir === '' ? resolve(dataDir, 'lib') : resolve(raw.libDir),
    kafkaBrokers: raw.kafkaBrokers === '' ? `${LOOPBACK}:${raw.kafkaPort}` : raw.kafkaBrokers,
    registryUrl:
      raw.registryUrl === ''
        ? `http://${LOOPBACK}:${raw.registryPort}/apis/ccompat/v7`
        : raw.registryUrl,
    redisUrl: raw.redisUrl === '' ? `redis://${LOOPBACK}:${raw.redisPort}` : raw.redisUrl,
    clickhouseUrl:
      raw.clickhouseUrl === '' ? `http://${LOOPBACK}:${raw.clickhousePort}` : raw.clickhouseUrl,
    external: Object.freeze({
      kafka: raw.kafkaBrokers !== '',
      registry: raw.registryUrl !== '',
      redis: raw.redisUrl !== '',
      clickhouse: raw.clickhouseUrl !== '',
    }),
  })
}
