/**
 * Two servers on the real stack whose champion changes again and again under load; artefacts that are
 * broken in every way, and records in a wrong order.
 */
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { threadsOf } from '../../bench/support/process-use.ts'
import { aliasEntry } from '../../processors/models/registry-entries.ts'
import type { ModelArtifact, ModelEvent, ModelVersion } from '../../schemas/generated.ts'
import { takeBack } from '../../serving/guard/take-back.ts'
import { startServer, type RunningServer } from '../../serving/server.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import {
  alertsTopic,
  modelArtifactsTopic,
  modelEventsTopic,
  modelVersionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import {
  readSettledTopic,
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
import { tinyOnnx } from '../support/tiny-onnx.ts'
import { decodeValues, sendValues } from '../support/topic-values.ts'

const { config, logger, kafka, reader } = testClients({ KAFKA_SESSION_TIMEOUT_MS: '6000' })
const run = randomUUID().slice(0, 8)
const instrument = `SWAPPED_${run}`
const modelName = `swapped_${run}`
const producer = createProducer(kafka)
let codecs: Codecs
const servers: RunningServer[] = []

const SWAPS = 20
const CALLERS = 4
/** Of both servers: the champion before, which stays loaded, and one that is ending. */
const MORE_THREADS = 4
/** A busy machine starts a thread in seconds; an idle one takes some five seconds for a whole test. */
const PATIENCE_MS = 300_000
vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

const named = (n: number, overrides: Partial<ModelVersion> = {}): PublishedModel =>
  publishedModel(n, { modelName, instruments: [instrument], parent: null, ...overrides })

const send = <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> =>
  sendValues({ producer, codecs }, topic, values)

async function publish(
  { version, artifact }: Pick<PublishedModel, 'version' | 'artifact'>,
  artifactOffset?: number,
): Promise<ModelVersion> {
  const offset = artifactOffset ?? (await send(modelArtifactsTopic, [artifact]))
  const placed = { ...version, artifactOffset: offset }
  await send(modelVersionsTopic, [versionEntry(placed), championEntry(placed)])
  return placed
}

const valuesOf = async <Value>(topic: Topic<Value>): Promise<Value[]> =>
  decodeValues(codecs, topic, await readSettledTopic(reader, topic.name))

const eventsOf = async (kind: string): Promise<ModelEvent[]> =>
  (await valuesOf(modelEventsTopic)).filter(
    (event) => event.modelName === modelName && event.kind === kind,
  )

const start = async (): Promise<RunningServer> => {
  const settings = { ...config, httpPort: 0, modelsLoadedMax: 2 }
  const server = await startServer({ config: settings, kafka, codecs, logger, modelName })
  servers.push(server)
  return server
}

const stopAll = async (): Promise<void> => {
  for (const server of servers.splice(0)) await server.stop()
}

/** What a server says of itself. */
const liveAt = async ({ url }: RunningServer): Promise<string | undefined> => {
  const { model } = (await (await fetch(`${url}/health`)).json()) as {
    model: { version: string } | null
  }
  return model?.version
}

const allLive = (version: string) => async (): Promise<boolean> => {
  for (const server of servers) if ((await liveAt(server)) !== version) return false
  return true
}

interface Answer {
  readonly modelVersion: string
  readonly predictedReturn: number
}

/** @param row what the columns of the models are to be. */
async function predict({ url }: RunningServer, row: readonly [number, number, number]) {
  const [ratio, newest, lagged] = row
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      features: { close_vwap_ratio: ratio, return_1: newest },
      recentReturns: [newest, lagged],
      model_name: modelName,
    }),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  untilWithin(what, condition, PATIENCE_MS)
const numberOf = (version: string): number => Number(version.split('.')[1])

beforeAll(async () => {
  codecs = await readyCodecs(config, kafka)
  await Promise.all([producer.connect(), reader.connect()])
  await publish(named(0))
  await start()
  await start()
  await until('both servers to have a model', allLive('1.0.0'))
})

afterAll(async () => {
  await stopAll()
  await Promise.all([producer.disconnect(), reader.disconnect()])
})

describe('two servers', () => {
  it(`answer every request from one version while ${SWAPS} champions replace each other, and agree`, async () => {
    const threadsBefore = threadsOf(process.pid)
    const seen = new Set<string>()
    let [done, answered] = [false, 0]
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; !done; turn += 1) {
        const row = [turn % 50, seed, turn % 7] as const
        const server = servers[turn % servers.length] ?? expect.fail()
        const { status, body } = await predict(server, row)
        expect(status).toBe(200)
        expect(body.predictedReturn).toBe(named(numberOf(body.modelVersion)).expected(row))
        seen.add(body.modelVersion)
        answered += 1
      }
    }
    const callers = Array.from({ length: CALLERS }, (_, seed) => caller(seed))
    const [first = expect.fail()] = servers
    try {
      for (let n = 1; n <= SWAPS; n += 1) {
        await publish(named(n))
        await until(`version ${n}`, async () => (await liveAt(first)) === `1.${n}.0`)
      }
      await until('both to run the last', allLive(`1.${SWAPS}.0`))
    } finally {
      done = true
    }
    await Promise.all(callers)
    expect(seen.size).toBeGreaterThan(SWAPS / 2)
    expect(answered).toBeGreaterThan(SWAPS)
    const isAsBefore = () => threadsOf(process.pid) <= threadsBefore + MORE_THREADS
    await until('the threads of the others to have ended', () => Promise.resolve(isAsBefore()))
  })

  it('refuse what is broken with an event, an alert and a metric each, and go on', async () => {
    const good = `1.${SWAPS}.0`
    const rehashed = (n: number, content: Buffer): PublishedModel => {
      const model = named(n)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const artifact: ModelArtifact = { ...model.artifact, sha256, content }
      const version = { ...model.version, artifactSha256: sha256, artifactBytes: content.length }
      return { ...model, artifact, version }
    }
    const flipped = (n: number): PublishedModel => {
      const model = named(n)
      const content = Buffer.from(model.artifact.content)
      content[40] = (content[40] ?? 0) ^ 1
      return { ...model, artifact: { ...model.artifact, content } }
    }
    const cut = named(102).artifact.content.subarray(0, 60)
    const faults: readonly [string, PublishedModel, number?][] = [
      ['sha256', flipped(101)],
      ['load', rehashed(102, Buffer.from(cut))],
      ['feature_set', named(103, { featureSetFingerprint: 'ab' })],
      ['load', rehashed(104, Buffer.from(tinyOnnx({ weights: [1, 2], bias: 4 })))],
      ['golden', named(105, { goldenOutputs: [1, 2, 3] })],
      ['sha256', named(106, { artifactSha256: 'ff'.repeat(32) })],
      ['artifact', named(107), 1_000_000],
    ]
    for (const [check, model, offset] of faults) {
      const { version } = await publish(model, offset)
      await until(`both to refuse ${version} (${check})`, async () => {
        const refused = await eventsOf('refused')
        return refused.filter((event) => event.version === version).length === servers.length
      })
    }
    const wanted = faults.map(([check, { version }]) => `${version.version} ${check}`)
    const events = await eventsOf('refused')
    expect(
      new Set(events.map(({ version, reason }) => `${version} ${reason.split(':')[0]}`)),
    ).toEqual(new Set(wanted))
    const alerts = (await valuesOf(alertsTopic)).filter(({ subject }) => subject === modelName)
    expect(new Set(alerts.map(({ labels }) => `${labels['version']} ${labels['check']}`))).toEqual(
      new Set(wanted),
    )
    for (const server of servers) {
      const metrics = await (await fetch(`${server.url}/metrics`)).text()
      for (const check of new Set(faults.map(([each]) => each))) {
        const count = faults.filter(([each]) => each === check).length
        expect(metrics).toContain(
          `candlewire_model_refused_total{model="${modelName}",check="${check}"} ${count}`,
        )
      }
      expect(await liveAt(server)).toBe(good)
      expect((await predict(server, [1, 2, 3])).body.modelVersion).toBe(good)
    }
  })

  it('tell of a role for a version without a record, wait for it, and ignore repeats', async () => {
    const next = named(200)
    const artifactOffset = await send(modelArtifactsTopic, [next.artifact])
    const version = { ...next.version, artifactOffset }
    const { version: target } = version
    const canary = { modelName, alias: 'canary', version: '9.9.9', weight: 1, reason: 'test' }
    await send(modelVersionsTopic, [championEntry(version), aliasEntry(canary, 0)])
    await until('both to tell of it', async () => {
      const refused = await eventsOf('refused')
      return refused.filter((event) => event.version === target).length === servers.length
    })
    expect(await allLive(`1.${SWAPS}.0`)()).toBe(true)
    const alerts = (await valuesOf(alertsTopic)).filter(({ subject }) => subject === modelName)
    expect(alerts.filter(({ labels }) => labels['check'] === 'unknown_version')).not.toEqual([])
    expect(alerts.filter(({ labels }) => labels['version'] === '9.9.9')).toEqual([])
    await send(modelVersionsTopic, [versionEntry(version)])
    await until('both to run it', allLive(target))
    for (let again = 0; again < 3; again += 1)
      await send(modelVersionsTopic, [championEntry(version), versionEntry(version)])
    // What comes after the repeats has been read after them.
    await publish(named(201))
    await until('both to run the next', allLive('1.201.0'))
    await until('the events', async () => {
      const loaded = await eventsOf('loaded')
      return loaded.filter((event) => event.version === '1.201.0').length === servers.length
    })
    const loaded = (await eventsOf('loaded')).filter((event) => event.version === target)
    expect(loaded.length).toBe(servers.length)
  })

  it('have guards that decide at once, and one decision comes of it', async () => {
    const challenger = named(202)
    const artifactOffset = await send(modelArtifactsTopic, [challenger.artifact])
    const version = { ...challenger.version, artifactOffset }
    const alias = { modelName, alias: 'challenger', version: version.version, weight: 0.2 }
    await send(modelVersionsTopic, [versionEntry(version), aliasEntry({ ...alias, reason: '' }, 0)])
    const connection = { kafka, codecs, reader, logger }
    const what = { modelName, version: version.version, role: 'challenger', reason: 'x' } as const
    await Promise.all(
      ['a', 'b', 'c'].map((actor) =>
        takeBack(connection, what, { actor, newestEventTimeMs: () => 7 }),
      ),
    )
    expect((await eventsOf('unaliased')).length).toBe(1)
  })
})
