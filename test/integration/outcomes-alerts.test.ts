/** Outcomes and alerts on the real broker: judged once across restarts, delivered beside a server that stalls. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { raised, resolved, type AlertNotice } from '../../processors/alerts/alert.ts'
import { AlertPublisher } from '../../processors/alerts/alert-publisher.ts'
import { configuredChannels } from '../../processors/alerts/channels/configured-channels.ts'
import { runAlerts } from '../../processors/alerts/delivery/alerts-service.ts'
import { WatchService } from '../../processors/alerts/watch/watch-service.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { outcomesProcessor } from '../../processors/outcomes/outcomes-processor.ts'
import { noNews, ProofWriter } from '../../processors/proofs/proof-writer.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  alertDeliveriesTopic,
  alertsTopic,
  ALL_TOPICS,
  featuresTopic,
  modelQualityTopic,
  outcomesStateTopic,
  outcomesTopic,
  predictionsTopic,
  trainingRequestsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { startMailServer } from '../support/mail-server.ts'
import { testPrediction } from '../support/predictions.ts'
import { testVector } from '../support/vectors.ts'
import { ok, stall, startWebHookServer } from '../support/web-hook-server.ts'

const overrides = {
  TOPIC_PARTITIONS: '1',
  SNAPSHOT_EVERY_RECORDS: '60',
  TRANSACTION_RECORDS_MAX: '25',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
}
const { config, logger, kafka, reader } = testClients(overrides)
const producer = createProducer(kafka)
const suffix = randomUUID().slice(0, 8)
let codecs: Codecs

beforeAll(async () => {
  await Promise.all([reader.connect(), producer.connect()])
})
afterAll(async () => {
  await Promise.all([reader.disconnect(), producer.disconnect()])
})

async function valuesOf<Value>(topic: Topic<Value>, all = codecs): Promise<Value[]> {
  const records = (await readSettledTopic(reader, topic.name)).flat()
  return records.map(({ value }) => all.of(topic).decode(value))
}

describe('the outcomes processor', () => {
  const instrument = `OUT_${suffix}`
  const features = { ...featuresTopic, name: `test-features-${suffix}` }
  const predictions = { ...predictionsTopic, name: `test-predictions-${suffix}` }
  const stateTopic = { ...outcomesStateTopic, name: `test-outcomes-state-${suffix}` }

  it('judges every prediction once, far behind the vectors and across restarts', async () => {
    const topics = [features, predictions, stateTopic]
    const admin = kafka.admin()
    await admin.connect()
    await createTopics(admin, config, topics)
    await admin.disconnect()
    codecs = await connectCodecs(config, [...ALL_TOPICS, ...topics])
    const minutes = [...range(0, 200), ...range(300, 500)]
    const vectors = minutes.map((minute) => testVector(instrument, minute))
    await send(features, vectors)
    const made = vectors.map((vector, offset) => testPrediction(vector, offset))
    const work = outcomesProcessor({ ratio: 1.2, windowMinutes: 60 })
    const processor = {
      ...work,
      name: `test-outcomes-${suffix}`,
      input: predictions,
      stateTopic,
      sideInput: { ...work.sideInput!, topic: features },
    }
    for (const [from, to] of [
      [0, 130],
      [130, 333],
      [333, 400],
    ] as const) {
      const group = await runGroup({ config, kafka, codecs, logger, work: processor })
      await send(predictions, made.slice(from, to))
      await until('the predictions to be judged', async () => {
        const { counts } = group.stats()
        const total = ['realized', 'unknowable', 'waiting'].reduce(
          (sum, name) => sum + (counts[name] ?? 0),
          0,
        )
        await Promise.race([group.failed, Promise.resolve()])
        return total === to
      })
      await group.stop()
    }
    const outcomes = (await valuesOf(outcomesTopic)).filter(
      (each) => each.instrument === instrument,
    )
    const count = (status: string) => outcomes.filter((each) => each.status === status).length
    expect([count('realized'), count('unknowable'), outcomes.length]).toEqual([340, 30, 370])
    expect(new Set(outcomes.map(({ predictionId }) => predictionId)).size).toBe(370)
    const quality = (await valuesOf(modelQualityTopic)).filter(
      (each) => each.instrument === instrument,
    )
    expect(quality.at(-1)).toMatchObject({ windowMinutes: 10_080, outcomes: 340, unknowable: 30 })
  }, 120_000)

  async function send<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void> {
    const messages = values.map((value) => ({
      partition: 0,
      key: instrument,
      value: codecs.of(topic).encode(value),
    }))
    await producer.send({ topic: topic.name, messages })
  }
})

describe('the alerts service', () => {
  const notice = (more: Partial<AlertNotice> = {}): AlertNotice => ({
    kind: 'degradation',
    subject: `ALERT_${suffix}`,
    identity: { model: `m_${suffix}_30` },
    eventTimeMs: Date.now(),
    message: 'RMSE 31 % above its test',
    ...more,
  })

  it('delivers once by mail while Slack stalls, asks for a training, and knows it after a restart', async () => {
    codecs = await connectCodecs(config)
    const slack = await startWebHookServer(stall, ok)
    const mail = await startMailServer()
    const settings = testClients({
      ...overrides,
      ALERT_SLACK_WEBHOOK_URL: slack.url,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mail.port),
      SMTP_SECURITY: 'none',
      ALERT_EMAIL_TO: 'desk@example.org',
      ALERT_TIMEOUT_MS: '3000',
      ALERT_RETRAIN_KINDS: 'degradation',
    }).config
    const start = () =>
      runAlerts({
        config: settings,
        kafka,
        codecs,
        logger,
        channels: configuredChannels(settings),
        groupId: `test-alerts-${suffix}`,
        firstWaitMs: 50,
      })
    const publisher = new AlertPublisher(producer, codecs, logger)
    const mine = async () =>
      (await valuesOf(alertDeliveriesTopic)).filter(({ subject }) => subject === notice().subject)
    const outcomesOf = async () =>
      (await mine()).map(({ channel, outcome, state }) => `${state} ${channel} ${outcome}`).sort()
    const told = () => mail.mails.filter((text) => text.includes(notice().subject)).length

    const first = await start()
    await publisher.publish(raised(notice()))
    await until('the mail to arrive while Slack stalls', () => told() === 1)
    const posts = () => slack.posts.filter(({ body }) => body.includes(notice().subject)).length
    await until('Slack to take it at last', async () => (await mine()).length === 2 && posts() > 0)
    await first.stop()
    await publisher.publish(raised(notice()))
    const second = await start()
    await publisher.publish(resolved(notice({ message: 'Over.' })))
    await until('all to be recorded', async () => (await mine()).length === 5)
    await second.stop()
    expect(await outcomesOf()).toEqual([
      'firing  duplicate',
      'firing email delivered',
      'firing slack delivered',
      'resolved email delivered',
      'resolved slack delivered',
    ])
    expect(told()).toBe(2)
    const requests = (await valuesOf(trainingRequestsTopic)).filter(
      ({ modelName }) => modelName === `m_${suffix}_30`,
    )
    expect(requests).toMatchObject([{ trigger: 'degradation', actor: 'alerts' }])
    await Promise.all([slack.close(), mail.close()])
  }, 120_000)
})

describe('the watcher', () => {
  it('states what it finds once, and only what changed after that', async () => {
    codecs = await connectCodecs(config)
    const { config: full } = testClients({ ...overrides, WATCH_DISK_FREE_SHARE: '0.9' })
    const instruments = everyInstrument(full)
    const watch = new WatchService({ config: full, kafka, codecs, logger, instruments })
    const before = (await readSettledTopic(reader, alertsTopic.name)).map(({ length }) => length)
    await watch.start()
    await until('the first look', () => (watch.stats() as { looks: number }).looks >= 1)
    await watch.look(Date.now())
    await watch.look(Date.now())
    await watch.stop()
    expect(watch.stats()).toMatchObject({ failedLooks: 0 })
    const codec = codecs.of(alertsTopic)
    const alerts = (await readSettledTopic(reader, alertsTopic.name)).flatMap((records, index) =>
      records.slice(before[index]).map(({ value }) => codec.decode(value)),
    )
    const places = alerts.map(({ kind, subject, state }) => `${kind}/${subject}/${state}`)
    expect(new Set(places).size).toBe(places.length)
    expect(places).toContain('dead_letters/dead-letters.v1/resolved')
  }, 60_000)

  it('raises an alert for a proof that failed, and ends it when the next has passed', async () => {
    codecs = await connectCodecs(config)
    const scope = `watched-${randomUUID().slice(0, 8)}`
    const writer = new ProofWriter({ kafka, codecs, codeVersion: 'test' })
    await writer.connect()
    const watch = new WatchService({
      config,
      kafka,
      codecs,
      logger,
      instruments: everyInstrument(config),
    })
    await watch.start()
    try {
      for (const [state, different] of [
        ['failed', 2],
        ['passed', 0],
      ] as const) {
        await writer.begin('skew', scope).end({ ...noNews, state, compared: 10, different })
        await watch.look(Date.now())
        await watch.look(Date.now())
      }
    } finally {
      await watch.stop()
      await writer.close()
    }
    const codec = codecs.of(alertsTopic)
    const alerts = (await readSettledTopic(reader, alertsTopic.name))
      .flatMap((records) => records.map(({ value }) => codec.decode(value)))
      .filter(({ subject }) => subject === scope)
    expect(alerts.map(({ kind, state, value }) => [kind, state, value])).toEqual([
      ['skew', 'firing', 2],
      ['skew', 'resolved', 0],
    ])
  }, 60_000)
})

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
