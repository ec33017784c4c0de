/**
 * Scoring that is killed in the midst of its work, on the real stack: the process by SIGKILL, then the
 * thread of a model of the one that took over. What is in the topic afterwards is what an undisturbed
 * server would have left: every vector once for every model.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePorts } from '../../bin/stack/ports.ts'
import { readModelRegistry } from '../../processors/models/read-registry.ts'
import { aliasEntry } from '../../processors/models/registry-entries.ts'
import type { TopicReplayResult } from '../../processors/replay/records/topic-replay.ts'
import type { Features, ModelVersion, Prediction } from '../../schemas/generated.ts'
import { replayPredictions } from '../../serving/lineage/replay-predictions.ts'
import { qualitySettings } from '../../serving/live/quality-settings.ts'
import { KafkaArtifactStore } from '../../serving/models/artifact-store.ts'
import { VerifyingLoader } from '../../serving/models/model-loader.ts'
import { startThreadedModel } from '../../serving/models/threaded-model.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import {
  featuresTopic,
  modelArtifactsTopic,
  modelVersionsTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import {
  readSettledTopic,
  readTopic,
  testClients,
  until as untilWithin,
  readyCodecs,
} from '../support/kafka-client.ts'
import {
  championEntry,
  publishedModel,
  versionEntry,
  type PublishedModel,
} from '../support/published-model.ts'
import { testRow, testVector } from '../support/vectors.ts'

/** Small transactions, so that there is much to be killed in between. */
const SETTINGS = { KAFKA_SESSION_TIMEOUT_MS: '6000', TRANSACTION_RECORDS_MAX: '50' }
const { config, logger, kafka, reader } = testClients(SETTINGS)
const run = randomUUID().slice(0, 8)
const instrument = `KILLED_${run}`
const modelName = `killed_${run}`
const producer = createProducer(kafka)
let codecs: Codecs

const FIRST_BAR = 10_000
const BARS = 3_000
/** A busy machine starts a process in a minute; an idle one takes half of that for the whole test. */
const PATIENCE_MS = 300_000
vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  untilWithin(what, condition, PATIENCE_MS)

const named = (n: number): PublishedModel =>
  publishedModel(n, { modelName, instruments: [instrument], parent: null })
/** Champion and shadow. */
const MODELS = [named(0), named(1)] as const

async function send<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> {
  const codec = codecs.of(topic)
  const messages = values.map((value) => ({ key: topic.keyOf(value), value: codec.encode(value) }))
  const [answer] = await producer.send({ topic: topic.name, messages })
  return Number(answer?.baseOffset ?? -1)
}

const placed = async ({ version, artifact }: PublishedModel): Promise<ModelVersion> => ({
  ...version,
  artifactOffset: await send(modelArtifactsTopic, [artifact]),
})

const bars = (from: number, count: number): Features[] =>
  Array.from({ length: count }, (_, bar) => testVector(instrument, FIRST_BAR + from + bar))
const barOf = ({ openTimeMs }: Prediction): number => openTimeMs / 60_000

async function predictions(read = readSettledTopic): Promise<Prediction[]> {
  const codec = codecs.of(predictionsTopic)
  const records = (await read(reader, predictionsTopic.name)).flat()
  for (const record of records) await codec.prepare(record.value)
  return records
    .map((record) => codec.decode(record.value))
    .filter((each) => each.instrument === instrument)
}

/** What is committed so far, whatever is still open. */
const committed = (): Promise<Prediction[]> => predictions(readTopic)

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await Promise.all([producer.connect(), reader.connect()])
  const champion = await placed(MODELS[0])
  const shadow = await placed(MODELS[1])
  const alias = { modelName, alias: 'shadow', version: shadow.version, weight: 1, reason: 'test' }
  await send(modelVersionsTopic, [
    versionEntry(champion),
    versionEntry(shadow),
    championEntry(champion),
    aliasEntry(alias, 0),
  ])
})

afterAll(async () => {
  await Promise.all([producer.disconnect(), reader.disconnect()])
})

describe('scoring that is killed', () => {
  it('predicts every vector once for every model, through SIGKILL of a server and of a thread', async () => {
    const first = await startProcess()
    let server: RunningServer | undefined
    try {
      // Vectors that come before it has its models stay unscored, so it shows first that it scores.
      let sent = 0
      const startedAt = async (): Promise<number | undefined> => {
        const seen = await committed()
        const starts = MODELS.map(({ version }) =>
          seen.find((each) => each.modelVersion === version.version),
        )
        if (starts.some((each) => each === undefined)) return undefined
        return Math.max(...starts.map((each) => (each === undefined ? NaN : barOf(each))))
      }
      await until('the process to score with both', async () => {
        await send(featuresTopic, bars(sent, 1))
        sent += 1
        return (await startedAt()) !== undefined
      })
      const from = (await startedAt()) ?? NaN
      const [warmed, total] = [(await committed()).length, FIRST_BAR + sent + BARS - from]
      await send(featuresTopic, bars(sent, BARS))
      await until('some to be scored', async () => (await committed()).length > warmed + 100)
      await first.kill()
      const atKill = (await committed()).length
      expect(atKill).toBeLessThan(total * MODELS.length)
      server = await startServer({
        config: { ...config, httpPort: 0 },
        kafka,
        codecs,
        logger,
        modelName,
      })
      await until('the next to go on', async () => (await committed()).length > atKill + 100)
      await killThread(server)
      const expected = Array.from({ length: total }, (_, bar) => from + bar)
      const scored = async (): Promise<Prediction[]> =>
        (await predictions()).filter((each) => barOf(each) >= from)
      await until('every prediction', async () => (await scored()).length >= total * MODELS.length)
      const all = await scored()
      for (const { version, expected: answer } of MODELS) {
        const own = all.filter((each) => each.modelVersion === version.version)
        expect(own.map(barOf)).toEqual(expected)
        for (const each of own) expect(each.predictedReturn).toBe(answer(testRow(barOf(each))))
      }
      expect(new Set(all.map((each) => each.predictionId)).size).toBe(total * MODELS.length)
      // Made again in other runs of the models, by other threads: the same bytes.
      const again = await madeAgain()
      expect(again.firstDifference).toBeUndefined()
      expect(again).toMatchObject({ compared: (await predictions()).length, differing: 0 })
    } finally {
      await first.kill()
      await server?.stop()
    }
  })
})

async function madeAgain(): Promise<TopicReplayResult> {
  return replayPredictions({
    admin: kafka.admin(),
    reader,
    codecs,
    range: { fromMs: -Infinity, toMs: Infinity, fromOffset: -1, toOffset: Infinity, instrument },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    registry: await readModelRegistry(reader, codecs),
    loader: new VerifyingLoader(new KafkaArtifactStore(reader, codecs), startThreadedModel, logger),
    quality: qualitySettings(config),
  })
}

/** The server as a process of its own. */
async function startProcess() {
  const [port = 0] = await freePorts('127.0.0.1', 1)
  const program = builtProgram('bin/cli', ['serve', '--port', String(port)])
  const child = spawn(program.command, program.args, {
    stdio: 'ignore',
    env: { ...process.env, ...SETTINGS, SERVED_MODELS: modelName },
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  return {
    /** Returns when it is gone. */
    kill: async (): Promise<void> => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** What an abort inside the runtime looks like from outside. */
async function killThread(server: RunningServer): Promise<void> {
  interface Inside {
    models: {
      fleet: {
        holderOf: (
          name: string,
          role: string,
        ) => { model: { worker: { terminate: () => Promise<number> } } }
      }
    }
  }
  const { fleet } = (server as unknown as Inside).models
  await fleet.holderOf(modelName, 'champion').model.worker.terminate()
}
