/**
 * A record of any topic, made from its schema: the same for the same arguments, every field set, so
 * that a test of what is stored needs no hand-written record per topic.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const SCHEMAS = join(import.meta.dirname, '..', '..', 'schemas')

interface Field {
  readonly name: string
  readonly type: Schema
}
type Schema =
  | string
  | readonly Schema[]
  | {
      readonly type: Schema
      readonly logicalType?: string
      readonly fields?: readonly Field[]
      readonly items?: Schema
      readonly symbols?: readonly string[]
      readonly size?: number
      readonly name?: string
    }

export interface SampleOptions {
  /** Value of every time, ms. */
  readonly timeMs: number
  /** Changes numbers and texts, so that two records differ. */
  readonly seed: number
}

/** @param schemaFile in `schemas/`, without folder */
export function sampleRecord(schemaFile: string, options: SampleOptions): Record<string, unknown> {
  const schema = JSON.parse(readFileSync(join(SCHEMAS, schemaFile), 'utf8')) as Schema
  return valueOf(schema, 'record', options, new Map()) as Record<string, unknown>
}

function valueOf(
  schema: Schema,
  name: string,
  options: SampleOptions,
  named: Map<string, Schema>,
): unknown {
  if (typeof schema === 'string') {
    const known = named.get(schema)
    return known === undefined
      ? primitive(schema, name, options)
      : valueOf(known, name, options, named)
  }
  if (isUnion(schema)) {
    const set = schema.find((branch) => branch !== 'null') ?? 'null'
    return valueOf(set, name, options, named)
  }
  if (schema.name !== undefined) named.set(schema.name, schema)
  if (schema.logicalType === 'timestamp-millis') return options.timeMs
  if (schema.fields !== undefined)
    return Object.fromEntries(
      schema.fields.map((field) => [field.name, valueOf(field.type, field.name, options, named)]),
    )
  if (schema.type === 'array') return [valueOf(schema.items ?? 'null', name, options, named)]
  if (schema.type === 'map') return {}
  if (schema.type === 'enum') return schema.symbols?.[0]
  if (schema.type === 'fixed') return Buffer.alloc(schema.size ?? 0)
  return valueOf(schema.type, name, options, named)
}

const isUnion = (schema: Schema): schema is readonly Schema[] => Array.isArray(schema)

function primitive(type: string, name: string, { seed }: SampleOptions): unknown {
  switch (type) {
    case 'string':
      return `${name} ${seed}`
    case 'int':
    case 'long':
      return 30 + seed
    case 'float':
    case 'double':
      return 0.25 + seed / 8
    case 'boolean':
      return true
    case 'bytes':
      return Buffer.from(name)
    default:
      return null
  }
}
