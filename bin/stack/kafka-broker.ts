/** Kafka as one KRaft node, broker and controller in one process, on loopback. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { randomBytes } from 'node:crypto'
import { LOOPBACK, type Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { ensureArtefact } from './artefacts.ts'
import type { Component } from './component.ts'
import { requireJava } from './java.ts'
import { answers } from './ports.ts'

const FORMAT_TIMEOUT_MS = 120_000
const PROBE_TIMEOUT_MS = 5_000
/** One log directory per node id; it holds the metadata log and all partitions. */
const NODE_ID = 1

/**
 * Settings differ from the defaults where one node or long-kept data need it:
 * - internal topics have one partition, so warming one coordinator up warms it for every group;
 * - consumer offsets outlive a long break between two runs (the default forgets after a week);
 * - replicas and requests may carry a model artefact of 64 MB, each topic sets its own limit.
 */
function serverProperties(config: Config, logDir: string): string {
  const { kafkaPort, kafkaControllerPort } = config
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': NODE_ID,
    'controller.quorum.voters': `${NODE_ID}@${LOOPBACK}:${kafkaControllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${LOOPBACK}:${kafkaPort},CONTROLLER://${LOOPBACK}:${kafkaControllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${kafkaPort}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.retention.minutes': 5_256_000,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'replica.fetch.max.bytes': 67_108_864,
    'socket.request.max.bytes': 104_857_600,
    'log.retention.ms': -1,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 20_971_520,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

export const kafkaBroker: Component = {
  name: 'kafka',
  title: 'Kafka',
  needsJava: true,
  bootTimeoutMs: 180_000,
  ports: (config) => [
    { port: config.kafkaPort, variable: 'KAFKA_PORT' },
    { port: config.kafkaControllerPort, variable: 'KAFKA_CONTROLLER_PORT' },
  ],
  address: (config) => config.kafkaBrokers,
  async prepare(config, onProgress, signal) {
    const java = await requireJava()
    const jars = await ensureArtefact(config, 'kafka', {
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    })
    const classPath = join(jars, '*')
    const logDir = join(config.dataDir, 'kafka')
    const properties = join(config.dataDir, 'kafka.properties')
    await mkdir(config.dataDir, { recursive: true })
    if (!existsSync(logDir)) {
      onProgress({ subject: 'kafka', phase: 'formatting its storage' })
      await formatStorage(config, { java, classPath, logDir })
    }
    await writeFile(properties, serverProperties(config, logDir))
    return {
      name: 'kafka',
      stage: 'store',
      port: config.kafkaPort,
      stopTimeoutMs: 30_000,
      command: java,
      args: [
        '-Xmx512m',
        '-Xms128m',
        '-XX:+ExitOnOutOfMemoryError',
        '-Dorg.slf4j.simpleLogger.showDateTime=true',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        classPath,
        'kafka.Kafka',
        properties,
      ],
    }
  },
  async isHealthy(config) {
    const [first] = config.kafkaBrokers.split(',')
    if (first === undefined || !(await answers(first, PROBE_TIMEOUT_MS))) return false
    const admin = createKafka(
      config,
      'candlewire-health',
      createLogger({ logLevel: 'silent' }, 'health'),
    ).admin({ retry: { retries: 0 } })
    try {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length > 0
    } catch (thrown) {
      if (thrown instanceof Error) return false
      throw thrown
    } finally {
      await admin.disconnect()
    }
  },
}

/**
 * Writes the cluster id into a fresh log directory, once and for all. It is done beside and renamed,
 * because a directory that was formatted by half is refused by both the tool and the broker; each
 * time under a new name, because the tool of a killed `up` may still be writing.
 */
async function formatStorage(
  config: Config,
  tools: { java: string; classPath: string; logDir: string },
): Promise<void> {
  const prefix = 'kafka.formatting-'
  for (const leftover of (await readdir(config.dataDir)).filter((name) =>
    name.startsWith(prefix),
  )) {
    await rm(join(config.dataDir, leftover), { recursive: true, force: true })
  }
  const beside = await mkdtemp(join(config.dataDir, prefix))
  const properties = `${beside}.properties`
  await writeFile(properties, serverProperties(config, beside))
  // A leading dash would be read as an option: one of 64 random ids begins with one.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  try {
    await promisify(execFile)(
      tools.java,
      [
        '-XX:TieredStopAtLevel=1',
        '-cp',
        tools.classPath,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        clusterId,
        '-c',
        properties,
      ],
      { timeout: FORMAT_TIMEOUT_MS, killSignal: 'SIGKILL' },
    )
  } catch (thrown) {
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `Formatting Kafka's storage failed: ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
  await rename(beside, tools.logDir)
  await rm(properties, { force: true })
}
