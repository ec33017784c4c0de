/** Reads what a drift report shows: verdicts and quality from ClickHouse, importance from the registry. */
import type {
  DriftReportData,
  ReportQuality,
} from '../processors/drift/report/drift-report-page.ts'
import { versionKey, type ModelRegistry } from '../processors/models/model-registry.ts'
import type { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import { StoredDrift } from '../serving/drift-archive.ts'

const FAR_MS = 4_102_444_800_000
/** Verdicts shown over time, one an hour: six weeks of minutes around the clock. */
const VERDICTS = 1_000

const QUALITY_SQL = `
  SELECT model_name AS modelName, model_version AS modelVersion, window_minutes AS windowMinutes,
    argMax(outcomes, q.event_time) AS outcomes, argMax(rmse, q.event_time) AS rmse,
    argMax(zero_rmse, q.event_time) AS zeroRmse,
    argMax(directional_accuracy, q.event_time) AS directionalAccuracy,
    argMax(test_error, q.event_time) AS testError
  FROM model_quality AS q WHERE instrument = {instrument:String}
  GROUP BY modelName, modelVersion, windowMinutes ORDER BY modelName, modelVersion, windowMinutes LIMIT 60`

/**
 * @param registry the models there are; unset: the report goes without their importance
 * @throws CandlewireError STORE_FAILED
 */
export async function readDriftReport(
  clickhouse: Pick<ClickHouse, 'query'>,
  instrument: string,
  registry?: ModelRegistry,
): Promise<DriftReportData> {
  const archive = new StoredDrift(clickhouse)
  const newest = await archive.latest(instrument)
  const hourly = await archive.history({
    instrument,
    beforeMs: newest?.eventTimeMs ?? FAR_MS,
    limit: VERDICTS,
    everyMinutes: 60,
  })
  const report = await archive.report(instrument, newest?.eventTimeMs ?? FAR_MS)
  const quality = await clickhouse.query<ReportQuality>(QUALITY_SQL, { instrument })
  const version =
    newest && registry?.versions.get(versionKey(newest.modelName, newest.modelVersion))
  return {
    instrument,
    verdicts: newest === undefined ? hourly : [newest, ...hourly],
    features: report?.features ?? [],
    movers: report?.movers ?? [],
    quality,
    importance: version?.importance ?? [],
    importanceMethod: version?.importanceMethod ?? null,
  }
}
