/** Verdicts of drift on the real broker and store: through the sink into ClickHouse, and read back as routes and report do. */
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { readDriftReport } from '../../bin/drift-report.ts'
import { driftProcessor } from '../../processors/drift/drift-processor.ts'
import { driftSettings } from '../../processors/drift/drift-settings.ts'
import { driftReference } from '../../processors/drift/reference/drift-reference.ts'
import { driftReportPage } from '../../processors/drift/report/drift-report-page.ts'
import { makeReferenceProfile } from '../../processors/models/make-reference-profile.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { StoredDrift } from '../../serving/drift-archive.ts'
import type { DriftState } from '../../processors/drift/drift-state.ts'
import type { Features } from '../../schemas/generated.ts'
import type { Incoming, Outgoing } from '../../processors/runtime/processor.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  alertsTopic,
  type AnyTopic,
  deadLettersTopic,
  driftStateTopic,
  driftSummariesTopic,
  driftTopic,
  featuresTopic,
} from '../../streams/topics.ts'
import { normals } from '../support/autoregressive-matrix.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { testVector } from '../support/vectors.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const WINDOW = 60
const COLUMNS = ['return_1', 'close_vwap_ratio']

function referenceOf(epoch: number) {
  const normal = normals(3)
  const rows = 400
  const none = new Float64Array(rows)
  const profile = makeReferenceProfile({
    columns: COLUMNS,
    rows,
    matrix: Float32Array.from({ length: rows * COLUMNS.length }, normal),
    predictions: none,
    labels: none,
    eventTimeMs: none,
  })
  const identity = { epoch, modelName: 'm', modelVersion: `1.${epoch}.0`, profileSha256: 'x' }
  return driftReference({ ...identity, profileOffset: 0, instruments: ['A'] }, profile)
}

describe('drift on the real stack', () => {
  it('goes on after a restart under the reference that was in force, and answers from ClickHouse', async () => {
    const suffix = randomUUID().slice(0, 8)
    const { config, kafka, logger } = testClients({
      CLICKHOUSE_DATABASE: `test_drift_${suffix}`,
      TOPIC_PARTITIONS: '1',
      DRIFT_WINDOW: String(WINDOW),
      DRIFT_KS: '0.3',
      SNAPSHOT_EVERY_RECORDS: '1000000',
      TRANSACTION_RECORDS_MAX: '20',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    })
    const own = <T extends { name: string }>(topic: T): T => ({
      ...topic,
      name: `test-${topic.name}-${suffix}`,
    })
    const topics = [featuresTopic, driftStateTopic, driftSummariesTopic, driftTopic, alertsTopic]
    const renamed = new Map<string, AnyTopic>(
      topics.map((topic) => [topic.name, own(topic as AnyTopic)]),
    )
    const all = [...renamed.values(), deadLettersTopic]
    const admin = kafka.admin()
    await admin.connect()
    await createTopics(admin, config, all)
    await admin.disconnect()
    const codecs = await connectCodecs(config, all)
    const producer = createProducer(kafka)
    await producer.connect()
    const store = new ClickHouse(config)
    cleanups.push(async () => {
      await producer.disconnect()
      await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
      await store.close()
    })

    const input = renamed.get(featuresTopic.name) as typeof featuresTopic
    const normal = normals(9)
    const send = async (from: number, to: number, mean: number): Promise<void> => {
      const messages = Array.from({ length: to - from }, (_, i) => {
        const vector = testVector('A', from + i)
        const values = {
          ...vector.values,
          return_1: normal() + mean,
          close_vwap_ratio: normal() + mean,
        }
        return { key: 'A', value: codecs.of(input).encode({ ...vector, values }) }
      })
      await producer.send({ topic: input.name, messages })
    }
    let reference = referenceOf(1)
    const recalled: number[] = []
    const start = async () => {
      const processor = driftProcessor(driftSettings(config), {
        latest: () => Promise.resolve(reference),
        identityOf: ({ identity }) => identity,
        identityIn: (state) => state.reference,
        recall: ({ epoch }) => {
          recalled.push(epoch)
          return Promise.resolve(referenceOf(epoch))
        },
      })
      const group = await runGroup({
        config,
        kafka,
        codecs,
        logger,
        work: {
          ...processor,
          name: `test-drift-${suffix}`,
          input,
          stateTopic: renamed.get(driftStateTopic.name) as typeof driftStateTopic,
          step: (state: DriftState, record: Incoming<Features>) =>
            processor
              .step(state, record)
              .map((each): Outgoing => ({ ...each, topic: renamed.get(each.topic.name)! })),
        },
      })
      return group
    }
    const first = await start()
    await send(0, 100, 0)
    await until('the first hundred', () => Promise.resolve(first.stats().recordsIn === 100))
    reference = referenceOf(2)
    await send(100, 150, 3)
    await until('the drift', () => Promise.resolve(first.stats().recordsIn === 150))
    await first.stop()
    const second = await start()
    cleanups.push(() => second.stop())
    await send(150, 180, 3)
    await until('the rest', () => Promise.resolve(second.stats().recordsIn === 30))
    expect(recalled).toEqual([2])

    const sink = await runClickHouseSink({
      config,
      kafka,
      codecs,
      logger,
      topics: [renamed.get(driftSummariesTopic.name)!, renamed.get(driftTopic.name)!],
      groupId: `test-drift-sink-${suffix}`,
    })
    cleanups.push(() => sink.stop())
    await until('every verdict', async () => {
      const sql = 'SELECT count() AS rows FROM drift_summaries FINAL'
      const [row] = await store.query<{ rows: number }>(sql)
      return Number(row?.rows) === 180
    })

    const archive = new StoredDrift(store)
    const newest = await archive.latest('A')
    expect(newest).toMatchObject({
      driftDetected: true,
      modelVersion: '1.2.0',
      windowVectors: WINDOW,
      eventTimeMs: 180 * 60_000,
      mode: 'thresholds',
      alarms: 1,
    })
    const page = await archive.history({
      instrument: 'A',
      beforeMs: 170 * 60_000,
      limit: 3,
      everyMinutes: 1,
    })
    expect(page.map((each) => each.eventTimeMs / 60_000)).toEqual([169, 168, 167])
    const report = await archive.report('A', 180 * 60_000)
    expect(report?.features.map((each) => each.feature)).toEqual(COLUMNS)
    expect(report?.movers.length).toBe(2)
    const text = driftReportPage(await readDriftReport(store, 'A'))
    expect(text).toContain('Drift of A')
    expect(text).toContain('close_vwap_ratio')
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  }, 120_000)
})
