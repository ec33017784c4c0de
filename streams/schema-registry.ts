/**
 * Registers the schemas of all topics with BACKWARD_TRANSITIVE compatibility and hands out codecs.
 * Talks to any Confluent-compatible registry through @kafkajs/confluent-schema-registry.
 */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { Schema } from 'avsc'
import { Codecs, readSchema, TopicCodec, type WriterSchemas } from './codec.ts'
import type { Config } from './config.ts'
import { CandlewireError, messageOf } from './errors.ts'
import { ALL_TOPICS, subjectOf, type AnyTopic } from './topics.ts'

const REQUEST_TIMEOUT_MS = 15_000

/** Registers every topic's schema if it is not there yet and returns their codecs.
 *  @throws CandlewireError SCHEMA_INCOMPATIBLE or SERVICE_NOT_READY */
export async function connectCodecs(
  config: Pick<Config, 'registryUrl'>,
  topics: readonly AnyTopic[] = ALL_TOPICS,
): Promise<Codecs> {
  const registry = new SchemaRegistry({ host: config.registryUrl, retry: { retries: 5 } })
  const writers: WriterSchemas = {
    async schemaById(id) {
      // Ids are positive; what asks for another is no Avro record but begins with a zero byte.
      if (id <= 0) throw new CandlewireError('SCHEMA_UNKNOWN', `There is no schema ${id}`)
      const response = await request(config.registryUrl, `/schemas/ids/${id}`, { method: 'GET' })
      if (response.status >= 500)
        throw new CandlewireError(
          'SERVICE_NOT_READY',
          `The schema registry answered ${response.status} to schema ${id}`,
        )
      const text = await response.text()
      if (!response.ok)
        throw new CandlewireError('SCHEMA_UNKNOWN', `The registry has no schema ${id}`)
      return schemaIn(text, id)
    },
  }
  const codecs = new Codecs()
  for (const topic of topics) {
    const schema = readSchema(topic)
    const id = await register(registry, config.registryUrl, topic, schema)
    codecs.add(new TopicCodec(topic, id, schema, writers))
  }
  return codecs
}

/** @throws CandlewireError SCHEMA_UNKNOWN for a schema of another kind, Protobuf for example */
function schemaIn(answer: string, id: number): Schema {
  try {
    return JSON.parse((JSON.parse(answer) as { schema: string }).schema) as Schema
  } catch (thrown) {
    throw new CandlewireError('SCHEMA_UNKNOWN', `Schema ${id} is no Avro schema`, { cause: thrown })
  }
}

async function register(
  registry: SchemaRegistry,
  url: string,
  topic: AnyTopic,
  schema: Schema,
): Promise<number> {
  const subject = subjectOf(topic)
  try {
    await setCompatibility(url, subject)
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
      // The client refuses to register where the subject's setting is not what it is told here.
      { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
    )
    return id
  } catch (thrown) {
    if (thrown instanceof CandlewireError) throw thrown
    const message = messageOf(thrown)
    if (/incompatib|409/i.test(message)) {
      throw new CandlewireError('SCHEMA_INCOMPATIBLE', `${subject}: ${message}`, { cause: thrown })
    }
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `Registering ${subject} at the schema registry failed: ${message}`,
      { cause: thrown },
    )
  }
}

/** The registry's global default is NONE, so it is set per subject, before the first registration. */
async function setCompatibility(url: string, subject: string): Promise<void> {
  const response = await request(url, `/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD_TRANSITIVE' }),
  })
  await response.arrayBuffer()
  if (!response.ok) {
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `The schema registry answered ${response.status} to the compatibility of ${subject}`,
    )
  }
}

async function request(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${base}${path}`, {
      ...init,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
  } catch (thrown) {
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `The schema registry does not answer: ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
}
