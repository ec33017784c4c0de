/** The service that writes drift reports, over the real store, registry and clock. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readModelRegistry } from '../processors/models/read-registry.ts'
import { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import type { Logger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import { readDriftReport } from './drift-report.ts'
import { DriftReportFiles, type ReportClock } from './drift-report-files.ts'

export interface DriftReportsOptions {
  readonly config: Config
  readonly codecs: Codecs
  readonly logger: Logger
}

/** Instruments reported on, the ones with the newest verdicts first. */
const INSTRUMENTS_MAX = 256
const INSTRUMENTS_SQL = `
  SELECT instrument FROM drift_summaries GROUP BY instrument
  ORDER BY max(event_time) DESC, instrument LIMIT {limit:UInt32}`

const realClock: ReportClock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    delay(ms, undefined, { signal }).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown
    }),
}

/** Does nothing where DRIFT_REPORT_EVERY_MINUTES is 0. */
export async function startDriftReports({ config, codecs, logger }: DriftReportsOptions) {
  const everyMs = config.driftReportEveryMinutes * 60_000
  if (everyMs === 0)
    return {
      failed: new Promise<never>(() => undefined),
      stats: () => ({}),
      stop: () => Promise.resolve(),
    }
  const reader = new PartitionReader(config, 'drift-reports', logger)
  await reader.connect()
  const clickhouse = new ClickHouse(config)
  const files = new DriftReportFiles({
    folder: join(config.dataDir, 'reports', 'drift'),
    everyMs,
    kept: config.driftReportsKept,
    instruments: async () => {
      const limit = INSTRUMENTS_MAX
      const rows = await clickhouse.query<{ instrument: string }>(INSTRUMENTS_SQL, { limit })
      return rows.map(({ instrument }) => instrument)
    },
    read: async (instrument) =>
      readDriftReport(clickhouse, instrument, await readModelRegistry(reader, codecs)),
    clock: realClock,
    logger,
  })
  files.start()
  return {
    failed: files.failed,
    stats: () => files.stats(),
    stop: async () => {
      await files.stop()
      await reader.disconnect()
      await clickhouse.close()
    },
  }
}
