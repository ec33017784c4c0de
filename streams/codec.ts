/**
 * The Confluent wire format: one magic byte 0, a 4-byte big-endian schema id, Avro binary.
 *
 * Source: "Wire format" in the Confluent Schema Registry documentation. Ids are looked up once, so
 * encoding and decoding are synchronous; only the first record of a foreign schema waits.
 */
import avsc, { type Schema, type Type } from 'avsc'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CandlewireError, messageOf } from './errors.ts'
import { nullableDoubleHook } from './nullable-double.ts'
import type { AnyTopic, Topic } from './topics.ts'

const MAGIC_BYTE = 0
const HEADER_BYTES = 5
/** Of a projection, which writes nothing: registries count from 1. */
const NO_SCHEMA_ID = -1
/** avsc keeps the names it meets in its options: new ones for every schema. */
const typeOptions = () => ({ wrapUnions: false, typeHook: nullableDoubleHook })
/** Most records fit; one that does not makes it larger. */
const SCRATCH_BYTES = 64 * 1024
/** A larger scratch is not kept. */
const SCRATCH_BYTES_MAX = 1024 * 1024

/** Where writer schemas come from: the registry, or nowhere in tests without one. */
export interface WriterSchemas {
  /** @throws CandlewireError SCHEMA_UNKNOWN */
  schemaById(id: number): Promise<Schema>
}

/** The schema of a topic as committed in `schemas/`. */
export function readSchema(topic: AnyTopic): Schema {
  const url = new URL(`../schemas/${topic.schemaFile}`, import.meta.url)
  return JSON.parse(readFileSync(schemaPath(url), 'utf8')) as Schema
}

/** From `dist/streams/` the schemas are one folder further up. */
function schemaPath(url: URL): string {
  const path = fileURLToPath(url)
  return path.replace(/([\\/])dist([\\/]schemas[\\/])/, '$1$2').replace(/[\\/]{2}/, '/')
}

/** @returns the schema id of a wire-format value, or undefined if it is none. */
export function schemaIdOf(bytes: Buffer | null): number | undefined {
  if (bytes === null || bytes.length < HEADER_BYTES || bytes[0] !== MAGIC_BYTE) return undefined
  return bytes.readInt32BE(1)
}

/** avsc's own `toBuffer` writes what is longer than 1,024 bytes twice, and every vector is. */
let scratch = Buffer.allocUnsafe(SCRATCH_BYTES)

export class TopicCodec<Value> {
  readonly topic: Topic<Value>
  readonly schemaId: number
  private readonly type: Type
  private readonly writers: WriterSchemas
  /** By schema id; of a schema that cannot become this topic's, a function that throws. */
  private readonly readers = new Map<number, (body: Buffer) => Value>()

  constructor(topic: Topic<Value>, schemaId: number, schema: Schema, writers: WriterSchemas) {
    this.topic = topic
    this.schemaId = schemaId
    this.type = avsc.Type.forSchema(schema, typeOptions())
    this.writers = writers
    this.readers.set(schemaId, (body) => this.type.fromBuffer(body) as Value)
  }

  /** @throws CandlewireError RECORD_UNDECODABLE if the value does not fit the schema. */
  encode(value: Value): Buffer {
    let end: number
    try {
      end = this.write(value)
    } catch (thrown) {
      throw new CandlewireError(
        'RECORD_UNDECODABLE',
        `${this.topic.name}: value does not fit its schema: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
    const bytes = Buffer.allocUnsafe(end)
    scratch.copy(bytes, 0, 0, end)
    bytes[0] = MAGIC_BYTE
    bytes.writeInt32BE(this.schemaId, 1)
    if (scratch.length > SCRATCH_BYTES_MAX) scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
    return bytes
  }

  /** Into the scratch, behind the place of the header. @returns where it ends. */
  private write(value: Value): number {
    const end = this.type.encode(value, scratch, HEADER_BYTES)
    if (end >= 0) return end
    // Negative: so many bytes were short.
    scratch = Buffer.allocUnsafe(scratch.length - end)
    return this.type.encode(value, scratch, HEADER_BYTES)
  }

  /** Whether `decode` can work on this record without {@link prepare}. */
  knows(bytes: Buffer | null): boolean {
    const id = schemaIdOf(bytes)
    return id === undefined || this.readers.has(id)
  }

  /**
   * Fetches the writer schema of a record, if it is a new one.
   *
   * @throws CandlewireError SCHEMA_UNKNOWN, SERVICE_NOT_READY if the registry cannot be asked now
   */
  async prepare(bytes: Buffer | null): Promise<void> {
    const id = schemaIdOf(bytes)
    if (id === undefined || this.readers.has(id)) return
    this.readers.set(id, this.readerOf(await this.writers.schemaById(id)))
  }

  /** A schema of something else than this topic's values is no failure of the reader but a bad record. */
  private readerOf(schema: Schema): (body: Buffer) => Value {
    try {
      const writer = avsc.Type.forSchema(schema, typeOptions())
      const resolver = this.type.createResolver(writer)
      return (body) => this.type.fromBuffer(body, resolver) as Value
    } catch (thrown) {
      const reason = `it is not a schema of ${this.topic.schemaFile}: ${messageOf(thrown)}`
      return () => {
        throw new Error(reason, { cause: thrown })
      }
    }
  }

  /** The schema that a record was written with. @throws CandlewireError SCHEMA_UNKNOWN */
  async writerSchemaOf(bytes: Buffer): Promise<Schema> {
    const id = schemaIdOf(bytes)
    if (id === this.schemaId) return readSchema(this.topic)
    return this.writers.schemaById(id ?? NO_SCHEMA_ID)
  }

  /** A codec that reads nothing but these top-level fields: cheap where records are large. */
  projection<Name extends keyof Value & string>(
    names: readonly Name[],
  ): TopicCodec<Pick<Value, Name>> {
    const schema = readSchema(this.topic) as { fields: { name: string }[] }
    const fields = schema.fields.filter(({ name }) => names.includes(name as Name))
    const topic = this.topic as unknown as Topic<Pick<Value, Name>>
    return new TopicCodec(topic, NO_SCHEMA_ID, { ...schema, fields } as Schema, this.writers)
  }

  /** @throws CandlewireError RECORD_UNDECODABLE or SCHEMA_UNKNOWN (call {@link prepare} first). */
  decode(bytes: Buffer | null): Value {
    const id = schemaIdOf(bytes)
    if (id === undefined || bytes === null) {
      throw new CandlewireError(
        'RECORD_UNDECODABLE',
        bytes === null
          ? `${this.topic.name}: the record has no value`
          : `${this.topic.name}: not in the Avro wire format (${bytes.length} bytes)`,
      )
    }
    const read = this.readers.get(id)
    if (read === undefined)
      throw new CandlewireError(
        'SCHEMA_UNKNOWN',
        `${this.topic.name}: schema ${id} was not prepared`,
      )
    try {
      return read(bytes.subarray(HEADER_BYTES))
    } catch (thrown) {
      throw new CandlewireError(
        'RECORD_UNDECODABLE',
        `${this.topic.name}: schema ${id} does not read these bytes: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }
}

/** One codec per topic. */
export class Codecs {
  private readonly byTopic = new Map<string, TopicCodec<unknown>>()

  add<Value>(codec: TopicCodec<Value>): void {
    this.byTopic.set(codec.topic.name, codec as unknown as TopicCodec<unknown>)
  }

  of<Value>(topic: Topic<Value>): TopicCodec<Value> {
    const codec = this.byTopic.get(topic.name)
    if (codec === undefined)
      throw new CandlewireError('SCHEMA_UNKNOWN', `No codec for ${topic.name}`)
    return codec as unknown as TopicCodec<Value>
  }
}

/** Codecs with made-up ids, for tests and offline commands that have no registry. */
export function offlineCodecs(topics: readonly AnyTopic[]): Codecs {
  const codecs = new Codecs()
  const writers: WriterSchemas = {
    schemaById: (id) => {
      const topic = topics[id - 1]
      return topic === undefined
        ? Promise.reject(
            new CandlewireError('SCHEMA_UNKNOWN', `No registry to ask for schema ${id}`),
          )
        : Promise.resolve(readSchema(topic))
    },
  }
  topics.forEach((topic, index) =>
    codecs.add(new TopicCodec(topic, index + 1, readSchema(topic), writers)),
  )
  return codecs
}
