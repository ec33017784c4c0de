/** What the processors make of candles, and in which portions. */
import { z } from 'zod'
import { count, setting, text, zone } from './setting.ts'

export const PROCESSING_SETTINGS = {
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
} as const
