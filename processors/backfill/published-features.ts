/**
 * Which features a published vector carries. A set that this code still knows by name says it; of any
 * other the schema that the record was written with does, since features are only ever added.
 */
import type { Features } from '../../schemas/generated.ts'
import { schemaIdOf, type TopicCodec } from '../../streams/codec.ts'
import { FEATURE_SETS } from '../features/feature-sets.ts'

export class PublishedFeatures {
  private readonly codec: TopicCodec<Features>
  private readonly bySchema = new Map<number | undefined, ReadonlySet<string>>()
  private readonly bySet = new Map<string, ReadonlySet<string>>()

  constructor(codec: TopicCodec<Features>) {
    this.codec = codec
    for (const { name, features } of FEATURE_SETS.values()) this.bySet.set(name, new Set(features))
  }

  /** @throws CandlewireError SCHEMA_UNKNOWN */
  async of(bytes: Buffer, { featureSet }: Features): Promise<ReadonlySet<string>> {
    return this.bySet.get(featureSet) ?? (await this.ofSchema(bytes))
  }

  private async ofSchema(bytes: Buffer): Promise<ReadonlySet<string>> {
    const id = schemaIdOf(bytes)
    let names = this.bySchema.get(id)
    if (names === undefined) {
      names = new Set(fieldsOfValues(await this.codec.writerSchemaOf(bytes)))
      this.bySchema.set(id, names)
    }
    return names
  }
}

interface Field {
  readonly name: string
  readonly type: unknown
}

function fieldsOfValues(schema: unknown): string[] {
  const fieldsOf = (type: unknown): readonly Field[] => (type as { fields: Field[] }).fields
  const values = fieldsOf(schema).find(({ name }) => name === 'values')
  return fieldsOf(values?.type).map(({ name }) => name)
}
