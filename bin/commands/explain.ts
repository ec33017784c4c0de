/** `candlewire explain`: a past prediction or vector reproduced from Kafka, and looked up in the stores. */
import type { Command } from 'commander'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { readModelRegistry } from '../../processors/models/read-registry.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { connected, createRedis } from '../../processors/sinks/redis/client.ts'
import type { Features } from '../../schemas/generated.ts'
import {
  explainScore,
  explainVector,
  type ScoreExplanation,
  type VectorExplanation,
} from '../../serving/lineage/explain-prediction.ts'
import type { FoundRecord, LogClients } from '../../serving/lineage/find-record.ts'
import { parseVectorId } from '../../serving/lineage/prediction-id.ts'
import {
  findVector,
  lineageJson,
  predictionLineage,
  type PredictionLineage,
} from '../../serving/lineage/prediction-lineage.ts'
import { clickHouseRow, redisRow, type StoredRow } from '../../serving/lineage/stored-rows.ts'
import { KafkaArtifactStore } from '../../serving/models/artifact-store.ts'
import { VerifyingLoader } from '../../serving/models/model-loader.ts'
import { startThreadedModel } from '../../serving/models/threaded-model.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger, type Logger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { abortOnSignal } from '../abort-on-signal.ts'
import { progressLine } from '../progress-line.ts'
import { runCommand } from '../run-command.ts'

/** Differing features that are printed; --json has all. */
const SHOWN = 12

const HELP = `
  candlewire explain SPX500_USD@2025-03-07T14:30Z@forward_return_30/1.0.0     a prediction
  candlewire explain SPX500_USD@2025-03-07T14:30Z                             a vector

Replays the candles of the instrument to the one that completed the vector, taking articles only up to
the cut of its lineage, and compares with the published record byte for byte; scores the replayed vector
with the model of that digest and compares bit for bit; looks the vector up in ClickHouse and Redis.

Exit codes: 0 identical wherever it is, 1 a difference or not found, 2 wrong usage.`

interface Explanation {
  readonly lineage: PredictionLineage | undefined
  readonly published: FoundRecord<Features>
  readonly vector: VectorExplanation
  readonly score: ScoreExplanation | undefined
  readonly stores: readonly (StoredRow | StoreFailure)[]
}

interface StoreFailure {
  readonly store: StoredRow['store']
  readonly state: 'unknown'
  readonly problem: string
}

export function register(program: Command): void {
  program
    .command('explain <id>')
    .description('reproduce a past prediction or vector from Kafka and say whether it is identical')
    .option('--json', 'as JSON, with the whole lineage')
    .addHelpText('after', HELP)
    .action(
      runCommand((config, id: string, options: { json?: true }) => explain(config, id, options)),
    )
}

async function explain(config: Config, id: string, options: { json?: true }): Promise<number> {
  const logger = createLogger(
    { logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel },
    'explain',
  )
  const reader = new PartitionReader(config, 'candlewire-explain', logger)
  const admin = createKafka(config, 'candlewire-explain', logger).admin()
  try {
    await Promise.all([admin.connect(), reader.connect()])
    const clients = { admin, reader, codecs: await connectCodecs(config) }
    const explanation = await explanationOf(config, logger, clients, id)
    process.stdout.write(
      options.json === true ? `${JSON.stringify(json(explanation), null, 2)}\n` : text(explanation),
    )
    const { vector, score, stores } = explanation
    const isIdentical =
      vector.identical &&
      score?.identical !== false &&
      stores.every(({ state }) => state !== 'different')
    return isIdentical ? 0 : 1
  } finally {
    await Promise.allSettled([admin.disconnect(), reader.disconnect()])
  }
}

async function explanationOf(
  config: Config,
  logger: Logger,
  clients: LogClients,
  id: string,
): Promise<Explanation> {
  const { reader, codecs } = clients
  const isVector = id.split('@').length === 2
  const lineage = isVector
    ? undefined
    : await predictionLineage(clients, await readModelRegistry(reader, codecs), id)
  const published = lineage?.vector ?? (await findVector(clients, parseVectorId(id)))
  const vector = await replayed(config, clients, published)
  const loader = new VerifyingLoader(
    new KafkaArtifactStore(reader, codecs),
    startThreadedModel,
    logger,
  )
  const score =
    lineage === undefined
      ? undefined
      : await explainScore(loader, lineage, vector.replayed ?? published.value)
  return { lineage, published, vector, score, stores: await storesOf(config, logger, published) }
}

async function replayed(
  config: Config,
  clients: LogClients,
  published: FoundRecord<Features>,
): Promise<VectorExplanation> {
  const progress = progressLine()
  const total = published.value.lineage.find(({ topic }) => topic === candlesTopic.name)?.toOffset
  let done = 0
  try {
    return await explainVector(clients, published, {
      instruments: configuredInstruments(config),
      signal: abortOnSignal(),
      onProgress: (candles) => {
        done += candles
        const detail = `${done.toLocaleString('en-US')} of ${((total ?? 0) + 1).toLocaleString('en-US')} candles`
        progress.onProgress({ subject: 'explain', phase: 'replaying', detail })
      },
    })
  } finally {
    progress.end()
  }
}

/** The log is what counts: a store that does not answer is said, and no failure. */
async function storesOf(
  config: Config,
  logger: Logger,
  published: FoundRecord<Features>,
): Promise<(StoredRow | StoreFailure)[]> {
  const clickhouse = new ClickHouse(config)
  const redis = createRedis(config, logger)
  try {
    await connected(redis)
    return await Promise.all([
      clickHouseRow(clickhouse, published).catch(failure('clickhouse')),
      redisRow(redis, published).catch(failure('redis')),
    ])
  } finally {
    redis.disconnect()
    await clickhouse.close()
  }
}

const failure =
  (store: StoredRow['store']) =>
  (thrown: unknown): StoreFailure => ({ store, state: 'unknown', problem: messageOf(thrown) })

function json({ lineage, published, vector, score, stores }: Explanation): object {
  const { identical, differences, candlesReplayed } = vector
  const { partition, offset, schemaId } = published
  return {
    ...(lineage === undefined ? {} : { lineage: lineageJson(lineage) }),
    vector: {
      topic: featuresTopic.name,
      partition,
      offset,
      schemaId,
      inputs: published.value.lineage,
      identical,
      differences,
      candlesReplayed,
    },
    ...(score === undefined ? {} : { score }),
    stores,
  }
}

function text({ lineage, published, vector, score, stores }: Explanation): string {
  const { value, partition, offset } = published
  const lines = [
    `vector      ${value.instrument} ${new Date(value.openTimeMs).toISOString()}, ${value.featureSet}, ` +
      `${featuresTopic.name} partition ${partition} offset ${offset}`,
    ...value.lineage.map(
      ({ topic, partition: from, fromOffset, toOffset }) =>
        `  from      ${topic} partition ${from} offset ${fromOffset === toOffset ? toOffset : `${fromOffset} to ${toOffset}`}`,
    ),
    `  replayed  ${vector.candlesReplayed.toLocaleString('en-US')} candles: ${vectorVerdict(vector)}`,
    ...shown(vector.differences),
  ]
  if (lineage !== undefined && score !== undefined) {
    const { modelName, modelVersion, modelSha256, role } = lineage.prediction.value
    lines.push(
      `prediction  ${score.published} by ${modelName} ${modelVersion} (${role}), sha256 ${modelSha256}`,
      `  scored    ${scoreVerdict(score)}`,
    )
  }
  for (const row of stores) {
    lines.push(
      `${row.store.padEnd(12)}${row.state === 'unknown' ? row.problem : storeVerdict(row)}`,
    )
    if (row.state === 'different') lines.push(...shown(row.differences))
  }
  return lines.join('\n') + '\n'
}

function vectorVerdict({ identical, replayed: now, differences }: VectorExplanation): string {
  if (identical) return 'identical, byte for byte'
  if (now === undefined) return 'DIFFERENT: the inputs make no vector of this bar'
  return differences.length === 0
    ? 'DIFFERENT: the same values, written by another schema'
    : `DIFFERENT in ${differences.length} fields`
}

function scoreVerdict({ reproduced, identical, problem }: ScoreExplanation): string {
  if (problem !== undefined) return `not possible: ${problem}`
  return identical ? `${reproduced}, identical, bit for bit` : `DIFFERENT: ${reproduced}`
}

const storeVerdict = ({ state, store }: StoredRow): string => {
  if (state !== 'absent') return state === 'identical' ? 'identical' : 'DIFFERENT'
  return store === 'redis' ? 'holds another bar (the newest only)' : 'has no row of this bar'
}

const shown = (differences: readonly string[]): string[] => [
  ...differences.slice(0, SHOWN).map((difference) => `    ${difference}`),
  ...(differences.length > SHOWN ? [`    and ${differences.length - SHOWN} more (--json)`] : []),
]
