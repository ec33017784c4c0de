/** Holds every schema to what was promised: readable history, and a doc, unit and source on every field. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fieldsOf, incompatibility } from './compatibility.ts'
import { releasedVersions, schemaFiles } from './release.ts'
import type { AvroSchema } from './type-generator.ts'

const textOf = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')
const schemaOf = (file: string) =>
  JSON.parse(textOf(file)) as Exclude<AvroSchema, string | readonly AvroSchema[]>

describe.each(schemaFiles())('%s', (file) => {
  test('reads what every released version wrote', () => {
    expect(releasedVersions(file).length).toBeGreaterThan(0)
    for (const { version, text } of releasedVersions(file)) {
      expect(
        incompatibility(schemaOf(file), JSON.parse(text)),
        `version ${version}`,
      ).toBeUndefined()
    }
  })

  test('is released as it stands (npx tsx schemas/release.ts)', () => {
    expect(releasedVersions(file).at(-1)?.text).toBe(textOf(file))
  })

  test('says of every field what it is, its unit and its source', () => {
    expect(schemaOf(file).doc).toBeTruthy()
    for (const { path, field } of fieldsOf(schemaOf(file))) {
      // The features have their unit and formula in one place, generated from the feature registry.
      if (path.startsWith('values.')) expect(field.doc, path).toMatch(/docs\/features\.md/)
      else expect(field.doc, path).toMatch(/^\S.+ Unit: \S.*\. Source: \S.*\.$/)
    }
  })
})

test('released versions are numbered without a gap', () => {
  for (const file of schemaFiles()) {
    expect(releasedVersions(file).map(({ version }) => version)).toEqual(
      releasedVersions(file).map((_, at) => at + 1),
    )
  }
})

describe('an incompatible change is found', () => {
  const record = (...fields: object[]) => ({ type: 'record', name: 'R', fields })
  const a = { name: 'a', type: 'string' }
  const released = record(a)

  test.each([
    ['a field without a default', record(a, { name: 'b', type: 'long' })],
    ['another type', record({ name: 'a', type: 'long' })],
    [
      'a null that is no longer allowed',
      record({ name: 'a', type: 'string' }),
      record({ name: 'a', type: ['null', 'string'] }),
    ],
    ['a renamed record', { ...released, name: 'Other' }],
  ])('%s', (_what, reader, writer = released) => {
    expect(incompatibility(reader, writer)).toBeTypeOf('string')
  })

  test.each([
    ['a field with a default', record(a, { name: 'b', type: ['null', 'long'], default: null })],
    ['a field less', record(), record(a)],
    ['a wider number', record({ name: 'a', type: 'double' }), record({ name: 'a', type: 'long' })],
    ['a null that is allowed now', record({ name: 'a', type: ['null', 'string'] })],
  ])('%s may follow', (_what, reader, writer = released) => {
    expect(incompatibility(reader, writer)).toBeUndefined()
  })
})
