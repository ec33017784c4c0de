/**
 * `training.load`: `--rows` synthetic examples in a Kafka of its own, read into spool files by one
 * process and made into the matrix, sorted, checked and digested, by a second one, as a run does.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from '../bin/stack/ports.ts'
import { bringDown, bringUp } from '../bin/stack/stack.ts'
import { featureSet } from '../processors/features/feature-sets.ts'
import type { Codecs } from '../streams/codec.ts'
import { loadConfig, type Config } from '../streams/config.ts'
import { createKafka, createProducer } from '../streams/kafka.ts'
import { createLogger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import { connectCodecs } from '../streams/schema-registry.ts'
import { examplesTopic } from '../streams/topics.ts'
import { syntheticExamples, SYNTHETIC_COLUMNS } from '../test/support/synthetic-examples.ts'
import { spoolExamples } from '../training/examples/spool-examples.ts'
import type { Harness } from './harness.ts'
import type { LoadSample } from './support/load-sample.ts'

/** One send is one batch: of this many examples it stays below the megabyte a broker takes. */
const SEND_RECORDS = 500
const LOAD_TIMEOUT_MS = 20 * 60_000
const MB = 1e6

export async function measureTrainingLoad(bench: Harness): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
  const config = await configOf(folder)
  const logger = createLogger(config, 'bench')
  const reader = new PartitionReader(config, 'bench', logger)
  try {
    await bringUp(config)
    const codecs = await connectCodecs(config)
    await produceExamples(config, codecs, bench.rows)
    await reader.connect()
    await bench.repeatAll(
      {
        'training.load': 's, Kafka to checked matrix',
        'training.load.read': 's, Kafka to spool',
        'training.load.rate': 'rows/s',
        'training.load.cpu': 'CPU s, second process',
        'training.load.rss': 'MB, second process',
      },
      () => sampleOf(reader, codecs, folder),
    )
  } finally {
    await reader.disconnect()
    await bringDown(config)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function configOf(folder: string): Promise<Config> {
  const names = [
    'KAFKA_PORT',
    'KAFKA_CONTROLLER_PORT',
    'SCHEMA_REGISTRY_PORT',
    'REDIS_PORT',
    'CLICKHOUSE_PORT',
  ]
  const ports = await freePorts('127.0.0.1', names.length)
  const own = Object.fromEntries(names.map((name, index) => [name, String(ports[index])]))
  const { libDir } = loadConfig(process.env)
  return loadConfig({
    ...process.env,
    ...own,
    CANDLEWIRE_DATA_DIR: join(folder, 'data'),
    CANDLEWIRE_LIB_DIR: libDir,
    LOG_LEVEL: 'error',
  })
}

async function produceExamples(config: Config, codecs: Codecs, rows: number): Promise<void> {
  const producer = createProducer(createKafka(config, 'bench', createLogger(config, 'bench')))
  await producer.connect()
  const codec = codecs.of(examplesTopic)
  let messages: { key: string; value: Buffer }[] = []
  const send = () => producer.send({ topic: examplesTopic.name, messages })
  for (const example of syntheticExamples({ rows })) {
    messages.push({ key: examplesTopic.keyOf(example), value: codec.encode(example) })
    if (messages.length < SEND_RECORDS) continue
    await send()
    messages = []
  }
  if (messages.length > 0) await send()
  await producer.disconnect()
}

async function sampleOf(reader: PartitionReader, codecs: Codecs, parent: string) {
  const folder = join(parent, 'spool')
  mkdirSync(folder, { recursive: true })
  const startedMs = performance.now()
  const spooled = await spoolExamples(reader, codecs, folder, {
    set: featureSet('market-76'),
    columns: SYNTHETIC_COLUMNS,
    horizonMinutes: 30,
  })
  const readSeconds = (performance.now() - startedMs) / 1000
  const job = join(parent, 'spooled.json')
  writeFileSync(job, JSON.stringify(spooled))
  const script = fileURLToPath(new URL('./support/load-sample.ts', import.meta.url))
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, script, job], {
    timeout: LOAD_TIMEOUT_MS,
  })
  const sample = JSON.parse(stdout) as LoadSample
  const seconds = readSeconds + sample.loadSeconds + sample.checkSeconds
  return {
    'training.load': seconds,
    'training.load.read': readSeconds,
    'training.load.rate': sample.rows / seconds,
    'training.load.cpu': sample.cpuSeconds,
    'training.load.rss': sample.peakRssBytes / MB,
  }
}
