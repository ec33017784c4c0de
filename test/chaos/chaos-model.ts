/** The model of a chaos run: tiny, with a reference profile, live before the first candle. */
import { createHash } from 'node:crypto'
import { makeReferenceProfile } from '../../processors/models/make-reference-profile.ts'
import { encodeReferenceProfile } from '../../processors/models/reference-profile-codec.ts'
import type { ModelRegistryEntry } from '../../schemas/generated.ts'
import { createProducer } from '../../streams/kafka.ts'
import { modelArtifactsTopic, modelVersionsTopic, type Topic } from '../../streams/topics.ts'
import { normals } from '../support/autoregressive-matrix.ts'
import { until } from '../support/kafka-client.ts'
import { championEntry, publishedModel, versionEntry } from '../support/published-model.ts'
import type { ChaosStack } from './chaos-stack.ts'

const PROFILE_COLUMNS = ['return_1', 'close_vwap_ratio']
const PROFILE_ROWS = 500
const LIVE_MS = 240_000

/** Publishes it and waits until the server answers with it. */
export async function publishChaosModel(
  { context }: ChaosStack,
  instruments: readonly string[],
): Promise<void> {
  const { kafka, codecs, serverUrl } = context
  const producer = createProducer(kafka)
  await producer.connect()
  const send = async <Value>(topic: Topic<Value>, values: readonly Value[]): Promise<number> => {
    const codec = codecs.of(topic)
    const messages = values.map((value) => ({
      key: topic.keyOf(value),
      value: codec.encode(value),
    }))
    const [answer] = await producer.send({ topic: topic.name, messages })
    return Number(answer?.baseOffset ?? -1)
  }
  const profile = referenceProfile()
  const profileSha256 = createHash('sha256').update(profile).digest('hex')
  const format = 'reference-profile'
  const profileOffset = await send(modelArtifactsTopic, [
    { sha256: profileSha256, format, eventTimeMs: 0, content: profile },
  ])
  const { version: made, artifact } = publishedModel(1, {
    instruments: [...instruments],
    profileSha256,
    profileBytes: profile.length,
    profileOffset,
  })
  const version = { ...made, artifactOffset: await send(modelArtifactsTopic, [artifact]) }
  const entries: ModelRegistryEntry[] = [versionEntry(version), championEntry(version)]
  await send(modelVersionsTopic, entries)
  await producer.disconnect()
  await until('the server to answer with the model', () => isLive(serverUrl), LIVE_MS)
}

function referenceProfile(): Buffer {
  const zeros = new Float64Array(PROFILE_ROWS)
  const normal = normals(3)
  const profile = makeReferenceProfile({
    columns: PROFILE_COLUMNS,
    rows: PROFILE_ROWS,
    matrix: Float32Array.from({ length: PROFILE_ROWS * PROFILE_COLUMNS.length }, normal),
    predictions: zeros,
    labels: zeros,
    eventTimeMs: zeros,
  })
  return Buffer.from(encodeReferenceProfile(profile))
}

async function isLive(serverUrl: string): Promise<boolean> {
  const response = await fetch(`${serverUrl}/health`, {
    signal: AbortSignal.timeout(2_000),
  }).catch(() => undefined)
  const health = (await response?.json()) as { models?: unknown[] } | undefined
  return (health?.models ?? []).length > 0
}
