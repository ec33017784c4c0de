/** Training runs, what is promoted, the costs of the backtest, and the schedule with its limits. */
import { z } from 'zod'
import { count, setting, text, zone } from './setting.ts'

export const TRAINING_SETTINGS = {
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
} as const
