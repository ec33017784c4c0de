/** `docs/topics.md`: every topic with its settings, who writes and reads it, and every field. */
import type { AvroSchema } from '../../schemas/type-generator.ts'
import { ALL_TOPICS, subjectOf, type AnyTopic } from '../../streams/topics.ts'
import { SERVICE_FLOWS } from './topic-flow.ts'

/** A type as the reader of a message sees it, such as `null | double` or `Lineage[]`. */
function typeText(type: unknown): string {
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return type.map(typeText).join(' | ')
  const { type: inner, name, items, values, symbols, logicalType } = type as Record<string, unknown>
  if (inner === 'array') return `${typeText(items)}[]`
  if (inner === 'map') return `map of ${typeText(values)}`
  if (inner === 'enum') return (symbols as string[]).join(' / ')
  if (inner === 'record') return String(name)
  return typeof logicalType === 'string' ? logicalType : typeText(inner)
}

export interface Field {
  readonly name: string
  readonly type: unknown
  readonly doc?: string
}

/** Sets of features are told of in docs/features.md: this many fields of one record are listed. */
const FIELDS_MAX = 40

export function topicsDocument(schemas: ReadonlyMap<string, AvroSchema>): string {
  const rows = ALL_TOPICS.map(
    (topic) =>
      `| [\`${topic.name}\`](#${anchorOf(topic.name)}) | ${topic.cleanup} | ${partitionsOf(topic)} | ${namesOf(topic, 'writes')} | ${namesOf(topic, 'reads')} |\n`,
  )
  return `${HEAD}${rows.join('')}\n${ALL_TOPICS.map((topic) => section(topic, schemas)).join('\n')}`
}

const HEAD = `# Topics and schemas

Everything that flows. Generated from \`streams/topics.ts\`, \`schemas/\` and the table of who reads and
writes what; the same as a document for tools: [asyncapi.yaml](asyncapi.yaml). Every value is Avro in the
Confluent wire format: a zero byte, four bytes of schema id, the record. Schemas are registered under
\`TOPIC-value\` with BACKWARD_TRANSITIVE compatibility: a reader of today reads what was ever written.
Nothing is deleted by age. Other clusters than the local one: \`TOPIC_PARTITIONS\`, \`TOPIC_REPLICATION\`.

| topic | cleanup | partitions | written by | read by |
|---|---|---|---|---|
`

/** As GitHub makes anchors of headings. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\w -]/g, '')
const partitionsOf = ({ partitions }: AnyTopic): string =>
  partitions === 'single' ? '1' : '`TOPIC_PARTITIONS`'
const namesOf = (topic: AnyTopic, side: 'reads' | 'writes'): string =>
  SERVICE_FLOWS.filter((flow) => flow[side].includes(topic))
    .map(({ name }) => name)
    .join(', ') || 'itself, at a start'

function section(topic: AnyTopic, schemas: ReadonlyMap<string, AvroSchema>): string {
  const schema = schemas.get(topic.schemaFile) as { doc?: string; fields?: Field[] } | undefined
  const { doc = '', fields = [] } = schema ?? {}
  const more = fields.length > FIELDS_MAX ? fields.length - FIELDS_MAX : 0
  const size =
    topic.maxMessageBytes === undefined
      ? ''
      : ` Largest batch: ${topic.maxMessageBytes / 1_048_576} MiB.`
  return `## ${topic.name}

${doc} Schema: [${topic.schemaFile}](../schemas/${topic.schemaFile}), subject \`${subjectOf(topic)}\`.${size}

| field | type | meaning |
|---|---|---|
${fields.slice(0, FIELDS_MAX).map(fieldRow).join('')}${more > 0 ? `| ... | | ${more} more features: [features.md](features.md) |\n` : ''}`
}

const fieldRow = ({ name, type, doc = '' }: Field): string =>
  `| \`${name}\` | ${typeText(type).replaceAll('|', '\\|')} | ${doc.replaceAll('|', '\\|')} |\n`
