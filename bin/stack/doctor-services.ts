/** What doctor asks of services that answer: their versions, and whether topics and schemas fit this version. */
import { incompatibility } from '../../schemas/compatibility.ts'
import { readSchema } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { createKafka, requireSinglePartitions } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { ALL_TOPICS, subjectOf } from '../../streams/topics.ts'
import { connected, createRedis } from '../../processors/sinks/redis/client.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { failed, passed, type Check } from './doctor-check.ts'

const ASK_MS = 5_000
const REDIS_LEAST = [6, 2] as const
const CLICKHOUSE_LEAST = [24, 3] as const

const silent = () => createLogger({ logLevel: 'silent' }, 'doctor')

/** @throws what the broker says: asked only where it answers */
export async function topicsCheck(config: Config): Promise<Check> {
  const admin = createKafka(config, 'candlewire-doctor', silent()).admin({ retry: { retries: 1 } })
  await admin.connect()
  try {
    const there = new Set(await admin.listTopics())
    const known = ALL_TOPICS.filter(({ name }) => there.has(name))
    if (known.length < ALL_TOPICS.length) {
      const missing = ALL_TOPICS.filter(({ name }) => !there.has(name)).map(({ name }) => name)
      return known.length === 0
        ? passed('topics', 'none yet: `candlewire up` creates them')
        : failed(
            'topics',
            `missing: ${missing.join(', ')}`,
            'Run `candlewire up`: it creates them.',
          )
    }
    await requireSinglePartitions(admin, known)
    return passed('topics', `all ${known.length}`)
  } catch (thrown) {
    return failed(
      'topics',
      messageOf(thrown),
      'Such a topic cannot be mended in place: delete it while nothing runs, then `candlewire up`, or use another cluster.',
    )
  } finally {
    await admin.disconnect()
  }
}

/** Every registered schema against ours: what was written has to be readable. */
export async function schemasCheck(config: Config): Promise<Check> {
  const checked = await Promise.all(
    ALL_TOPICS.map(async (topic) => {
      const subject = subjectOf(topic)
      const url = `${config.registryUrl}/subjects/${encodeURIComponent(subject)}/versions/latest`
      const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) })
      if (answer.status === 404) return { subject, known: false }
      if (!answer.ok) return { subject, known: false, fault: `answers ${answer.status}` }
      const { schema } = (await answer.json()) as { schema: string }
      const fault = incompatibility(readSchema(topic), JSON.parse(schema))
      return { subject, known: true, fault }
    }),
  )
  const bad = checked.filter(({ fault }) => fault !== undefined)
  if (bad.length > 0)
    return failed(
      'schemas',
      bad.map(({ subject, fault }) => `${subject}: ${fault}`).join('; '),
      'The registry holds a schema this version cannot read: another or newer program wrote there. Use the version that wrote it, or a registry and cluster of their own.',
    )
  const registered = checked.filter(({ known }) => known).length
  return passed(
    'schemas',
    registered === 0
      ? 'none yet: `candlewire up` registers them'
      : `${registered} fit this version`,
  )
}

/** Of a Redis that is given: the local one is pinned. */
export async function redisVersionCheck(config: Config): Promise<Check> {
  const redis = createRedis(config, silent())
  try {
    await connected(redis)
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
    return versionVerdict('redis version', version, REDIS_LEAST)
  } finally {
    redis.disconnect()
  }
}

export async function clickHouseVersionCheck(config: Config): Promise<Check> {
  const store = new ClickHouse(config)
  try {
    const [row] = await store.query<{ version: string }>('SELECT version() AS version')
    return versionVerdict('clickhouse version', row?.version ?? 'unknown', CLICKHOUSE_LEAST)
  } finally {
    await store.close()
  }
}

/** @param least major and minor */
export function versionVerdict(
  name: string,
  version: string,
  least: readonly [number, number],
): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > least[0] || (major === least[0] && minor >= least[1])) return passed(name, version)
  return failed(
    name,
    `${version}, and ${least.join('.')} or later is needed`,
    'Update it, or remove the setting that names it to use the local one.',
  )
}
