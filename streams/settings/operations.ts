/** When the watcher raises an alert, and what is logged. */
import { z } from 'zod'
import { count, setting } from './setting.ts'

export const OPERATION_SETTINGS = {
  watchEverySeconds: setting(
    'WATCH_EVERY_SECONDS',
    count(1, 3_600),
    '15',
    'Time between two looks of the watcher at lag, dead letters, sources and disk, in seconds.',
  ),
  skewEverySeconds: setting(
    'SKEW_EVERY_SECONDS',
    count(1, 86_400),
    '60',
    'Time between two rounds of the skew check once it has caught up, in seconds.',
  ),
  skewDuplicatesMinutes: setting(
    'SKEW_DUPLICATES_MINUTES',
    count(1, 10_080),
    '10',
    'Time between two counts of duplicate keys, in minutes.',
  ),
  skewLookaheadHours: setting(
    'SKEW_LOOKAHEAD_HOURS',
    count(1, 8_760),
    '24',
    'Time between two look-ahead checks of a sample of stored candles, in hours.',
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
