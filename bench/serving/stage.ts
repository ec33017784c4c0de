/**
 * The real stack on free ports with the real server and the online store's sink as processes of their
 * own, and what a benchmark does to them: publish models, send vectors, look at processor time.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ensureArtefact } from '../../bin/stack/artefacts.ts'
import { serviceSpecs, SERVER } from '../../bin/start/service-specs.ts'
import { startProcess, stopProcess } from '../../bin/stack/managed-process.ts'
import type { nodeProgram } from '../../bin/stack/node-program.ts'
import { readRecord } from '../../bin/stack/process-records.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import type { Features } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { createKafka, createProducer } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  featuresTopic,
  modelArtifactsTopic,
  modelVersionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { championEntry, versionEntry } from '../../test/support/published-model.ts'
import { benchConfig } from '../support/bench-stack.ts'
import { trainTreeModels, type TreeModels } from './tree-models.ts'
import { walkedVectors } from './vectors.ts'

export const INSTRUMENT = 'BENCH'
const MINUTE_MS = 60_000
/** The first 3,000 train the models; the rest is sent. */
const BARS = 4_000
const TRAINED_ON = 3_000
const DEADLINE_MS = 120_000

export type Stage = Awaited<ReturnType<typeof openStage>>

export async function openStage() {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-serving-'))
  const config = await benchConfig(folder, { INSTRUMENT })
  const close = async (): Promise<void> => {
    await bringDown(config)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await bringUp(config)
    return { ...(await playersOf(config, folder)), config, folder, close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

export async function playersOf(config: Config, folder: string) {
  const logger = createLogger(config, 'bench')
  const kafka = createKafka(config, 'bench', logger)
  const [codecs, reader] = [await connectCodecs(config), new PartitionReader(config, 'b', logger)]
  const producer = createProducer(kafka)
  await Promise.all([producer.connect(), reader.connect()])
  const untilMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 5 * MINUTE_MS
  const file = join(folder, 'candles.csv')
  const vectors = await walkedVectors(config, { file, instrument: INSTRUMENT, bars: BARS, untilMs })
  const library = await ensureArtefact(config, 'lightgbm')
  const models = await trainTreeModels(vectors.slice(0, TRAINED_ON), library)
  const send = sender(producer, codecs)
  const offsets: number[] = []
  return {
    vectors,
    newest: vectors.at(-1)!,
    models,
    codecs,
    reader,
    /** Sends vectors to features.v1. */
    sendVectors: (some: readonly Features[]) => send(featuresTopic, some),
    /** Makes version `1.n.0` the champion. */
    publish: (n: number) => publish(send, models, offsets, n),
    /** Makes a version champion that was published before. */
    point: async (n: number): Promise<void> => {
      await send(modelVersionsTopic, [championEntry(models.version(n))])
    },
    url: `http://${config.host}:${config.httpPort}`,
    async disconnect(): Promise<void> {
      await Promise.all([producer.disconnect(), reader.disconnect()])
    },
  }
}

async function publish(
  send: ReturnType<typeof sender>,
  models: TreeModels,
  offsets: number[],
  n: number,
): Promise<void> {
  const artifactOffset = (offsets[n % 2] ??= await send(modelArtifactsTopic, [models.artifact(n)]))
  const version = { ...models.version(n), artifactOffset }
  await send(modelVersionsTopic, [versionEntry(version), championEntry(version)])
}

function sender(producer: ReturnType<typeof createProducer>, codecs: Codecs) {
  return async <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> => {
    const codec = codecs.of(topic)
    let offset = -1
    for (let from = 0; from < values.length; from += 500) {
      const messages = values
        .slice(from, from + 500)
        .map((value) => ({ key: topic.keyOf(value), value: codec.encode(value) }))
      const [answer] = await producer.send({ topic: topic.name, messages })
      if (from === 0) offset = Number(answer?.baseOffset ?? -1)
    }
    return offset
  }
}

/** Starts services of a run by name and answers with the process id of each. */
export async function startServices(
  config: Config,
  names: readonly string[],
  options: {
    /** Of the server. */
    readonly environment?: Readonly<Record<string, string>>
    readonly program?: typeof nodeProgram
  } = {},
): Promise<Map<string, number>> {
  const { environment = {}, program } = options
  const pids = new Map<string, number>()
  for (const spec of serviceSpecs(config, undefined, program)) {
    if (!names.includes(spec.name)) continue
    const added = spec.name === SERVER ? environment : {}
    const { identity } = await startProcess(config, {
      ...spec,
      environment: { ...spec.environment, ...added },
    })
    pids.set(spec.name, identity!.pid)
  }
  return pids
}

export async function stopServices(config: Config, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const record = readRecord(config, name)
    if (record !== undefined) await stopProcess(config, record)
  }
}

/** A module of this folder in a process of its own. */
export function startModule(module: string, args: readonly string[]): ChildProcess {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const path = fileURLToPath(new URL(module, import.meta.url))
  return spawn(process.execPath, ['--import', loader, path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** Runs a module to its end and reads what it prints as JSON. */
export async function jsonOfModule<Answer>(module: string, job: object): Promise<Answer> {
  const child = startModule(module, [JSON.stringify(job)])
  let text = ''
  child.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${module} ended with code ${code}`)
  return JSON.parse(text) as Answer
}

/** Polls until the condition holds. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms in vain for: ${what}`)
    await delay(20)
  }
}
