/**
 * Whether a schema may follow the released ones: BACKWARD_TRANSITIVE, so the current schema must be
 * able to read what any released version wrote. The same question the registry answers, asked before
 * anything is published.
 */
import avsc, { type Schema } from 'avsc'
import type { AvroField, AvroSchema } from './type-generator.ts'

/** @returns why `reader` cannot read what `writer` wrote; undefined if it can. */
export function incompatibility(reader: unknown, writer: unknown): string | undefined {
  const typeOf = (schema: unknown) => avsc.Type.forSchema(schema as Schema, { wrapUnions: false })
  try {
    typeOf(reader).createResolver(typeOf(writer))
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** A field and the path to it. */
export interface FoundField {
  readonly path: string
  readonly field: AvroField
}

/** All fields of a schema, those of nested records included. */
export function fieldsOf(schema: AvroSchema, path = ''): FoundField[] {
  if (typeof schema === 'string') return []
  if (Array.isArray(schema))
    return (schema as readonly AvroSchema[]).flatMap((branch) => fieldsOf(branch, path))
  const node = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>
  const nested = [node.items, node.values]
    .filter((inner) => inner !== undefined)
    .flatMap((inner) => fieldsOf(inner, path))
  const own = (node.fields ?? []).flatMap((field) => {
    const fieldPath = path === '' ? field.name : `${path}.${field.name}`
    return [{ path: fieldPath, field }, ...fieldsOf(field.type, fieldPath)]
  })
  return [...nested, ...own]
}
