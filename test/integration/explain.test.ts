/** A past prediction is reproduced from the log alone, and a forged one is told. */
import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { rowWriter } from '../../processors/models/input-columns.ts'
import { applyEntry, emptyModelRegistry } from '../../processors/models/model-registry.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import type { Candle, Features, Prediction } from '../../schemas/generated.ts'
import { explainScore, explainVector } from '../../serving/lineage/explain-prediction.ts'
import { foundAt, type LogClients } from '../../serving/lineage/find-record.ts'
import { lineageJson, predictionLineage } from '../../serving/lineage/prediction-lineage.ts'
import { answerErrors, errorSchema } from '../../serving/http/error-answers.ts'
import { lineageRoute } from '../../serving/http/lineage-route.ts'
import { KafkaLineage } from '../../serving/lineage/lineage-desk.ts'
import { VerifyingLoader } from '../../serving/models/model-loader.ts'
import { startThreadedModel } from '../../serving/models/threaded-model.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  CANDLE_MS,
  candlesTopic,
  featuresTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { publishedModel, versionEntry } from '../support/published-model.ts'

const { config, logger, kafka, reader } = testClients()
const instrument = `EXPLAIN-${randomUUID().slice(0, 8)}`
const MINUTES = 90
const FIRST = 1_700_000_040_000
const instruments = configuredInstruments(config)
const admin = kafka.admin()
const { version, artifact } = publishedModel(3, { instruments: [instrument] })
const registry = emptyModelRegistry()
applyEntry(registry, versionEntry(version))
const loader = new VerifyingLoader(
  { fetch: () => Promise.resolve(artifact) },
  startThreadedModel,
  logger,
)
let clients: LogClients

const candle = (minute: number): Candle => ({
  instrument,
  openTimeMs: FIRST + minute * CANDLE_MS,
  open: 100,
  high: 103,
  low: 98,
  close: 100 + ((minute * 7919) % 100) / 50,
  volume: 1 + (minute % 5),
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

async function send<Value>(topic: Topic<Value>, values: readonly Value[]) {
  const producer = createProducer(kafka)
  await producer.connect()
  const messages = values.map((value) => ({
    key: topic.keyOf(value),
    value: clients.codecs.of(topic).encode(value),
    timestamp: String(topic.eventTimeMsOf(value)),
  }))
  const [sent] = await producer.send({ topic: topic.name, messages })
  await producer.disconnect()
  return { partition: sent!.partition, offset: Number(sent!.baseOffset) }
}

interface Placed {
  readonly vector: Features
  readonly partition: number
  readonly offset: number
}

async function vectors(): Promise<Placed[]> {
  const records = (await readSettledTopic(reader, featuresTopic.name)).flat()
  return records
    .filter(({ key }) => key?.toString() === instrument)
    .map(({ value, partition, offset }) => ({
      vector: clients.codecs.of(featuresTopic).decode(value),
      partition,
      offset,
    }))
}

function predictionFor({ vector, partition, offset }: Placed, predictedReturn: number): Prediction {
  return {
    ...UNQUALIFIED,
    predictionId: `${instrument}@${vector.openTimeMs}@${version.modelName}/${version.version}`,
    instrument,
    openTimeMs: vector.openTimeMs,
    eventTimeMs: vector.eventTimeMs,
    modelName: version.modelName,
    modelVersion: version.version,
    modelSha256: version.artifactSha256,
    role: 'champion',
    featureSetFingerprint: vector.featureSetFingerprint,
    horizonMinutes: 30,
    targetTimeMs: vector.eventTimeMs + 30 * CANDLE_MS,
    predictedReturn,
    // From past outcomes: no model says it, and nothing reproduces it.
    probability: 0.53,
    referenceClose: vector.close,
    featuresMissing: 0,
    lineage: [{ topic: featuresTopic.name, partition, fromOffset: offset, toOffset: offset }],
  }
}

async function scoreOf(vector: Features): Promise<number> {
  const model = await loader.load(version)
  const matrix = new Float32Array(version.inputColumns.length)
  rowWriter(version.inputColumns)(vector, matrix, 0)
  const [score] = await model.score(matrix, 1)
  await model.close()
  return score!
}

beforeAll(async () => {
  await Promise.all([reader.connect(), admin.connect()])
  await createTopics(admin, config)
  clients = { admin, reader, codecs: await connectCodecs(config) }
})
afterAll(() => Promise.all([reader.disconnect(), admin.disconnect()]))

describe('a past prediction', () => {
  it('is reproduced from its inputs, and told apart from one that nothing explains', async () => {
    await send(
      candlesTopic,
      Array.from({ length: MINUTES }, (_, minute) => candle(minute)),
    )
    const work = featuresProcessor(instruments)
    const group = await runGroup({ config, kafka, codecs: clients.codecs, logger, work })
    await until('all vectors', async () => (await vectors()).length === MINUTES)
    await group.stop()
    const all = await vectors()
    const [placed, other] = [all[70]!, all[80]!]
    const score = await scoreOf(placed.vector)
    const right = predictionFor(placed, score)
    const wrong = predictionFor(other, score + 1)
    await send(predictionsTopic, [right])
    await send(predictionsTopic, [wrong])

    const lineage = await predictionLineage(clients, registry, right.predictionId)
    expect(lineageJson(lineage)).toMatchObject({
      predictionId: right.predictionId,
      vector: { topic: featuresTopic.name, partition: placed.partition, offset: placed.offset },
      inputs: placed.vector.lineage.map(({ topic }) => ({ topic })),
      featureSetFingerprint: placed.vector.featureSetFingerprint,
      model: { sha256: artifact.sha256, codeVersion: version.codeVersion },
    })
    const desk = new KafkaLineage(clients, registry)
    const app = fastify()
    app.addSchema(errorSchema)
    answerErrors(app)
    lineageRoute(app, { lineage: desk })
    const ask = (id: string) => app.inject(`/lineage/predictions/${id}`)
    const answer = await ask(right.predictionId)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(lineageJson(lineage))))
    expect((await ask(encodeURIComponent(right.predictionId))).statusCode).toBe(200)
    expect((await ask(`${instrument}@60000@${version.modelName}/9.9.9`)).statusCode).toBe(404)
    expect((await ask('nonsense')).json()).toMatchObject({ error: { code: 'OPTION_INVALID' } })
    await app.close()

    const run = { instruments, signal: new AbortController().signal, onProgress: () => undefined }
    const explained = await explainVector(clients, lineage.vector, run)
    expect(explained).toMatchObject({ identical: true, differences: [] })
    expect(await explainScore(loader, lineage, explained.replayed!)).toEqual({
      published: score,
      reproduced: score,
      identical: true,
      problem: undefined,
    })

    const wrongLineage = await predictionLineage(clients, registry, wrong.predictionId)
    expect(await explainScore(loader, wrongLineage, other.vector)).toMatchObject({
      identical: false,
      reproduced: await scoreOf(other.vector),
    })
    expect(
      await explainScore(loader, { ...lineage, model: undefined }, placed.vector),
    ).toMatchObject({
      identical: false,
      problem: expect.stringContaining('does not know') as string,
    })

    // A vector that somebody changed: same lineage, another value.
    const values = { ...placed.vector.values, return_1: 42 }
    const forged = await send(featuresTopic, [{ ...placed.vector, values }])
    const found = await foundAt(clients, featuresTopic, forged.partition, forged.offset)
    const { identical, differences } = await explainVector(clients, found!, run)
    expect(identical).toBe(false)
    expect(differences).toEqual([`return_1 was 42, is ${placed.vector.values.return_1}`])
  })

  it('that was never made is not found', async () => {
    const id = `${instrument}@${FIRST}@${version.modelName}/9.9.9`
    await expect(predictionLineage(clients, registry, id)).rejects.toThrow('has no prediction')
  })
})
