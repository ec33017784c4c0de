/** Holds the documents to the repository: links lead somewhere, generated references are whole and valid. */
import { Ajv } from 'ajv'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SERVICE_FLOWS } from '../bin/documents/topic-flow.ts'
import { SERVICES } from '../bin/services.ts'
import { ALL_TOPICS } from '../streams/topics.ts'
import { markdownFiles } from './support/markdown-files.ts'

const root = join(import.meta.dirname, '..')
/** As GitHub makes them; a heading that comes again gets a number. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutCode(readFileSync(path, 'utf8')).matchAll(
    /^#{1,6}\s+(.+?)\s*$/gm,
  )) {
    const base = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = base
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${base}-${again}`
    anchors.add(anchor)
  }
  return anchors
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '')

const files = markdownFiles(root)
const links = files.flatMap((file) =>
  [
    ...withoutCode(readFileSync(file, 'utf8'))
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => [relative(root, file), target] as const)
    .filter(([, target]) => !/^[a-z]+:/.test(target)),
)

describe('links of the documents', () => {
  it('are many', () => {
    expect(files.length).toBeGreaterThan(60)
    expect(links.length).toBeGreaterThan(150)
  })

  it('lead to files and headings that exist', () => {
    const broken = links.filter(([file, target]) => {
      const [path = '', anchor] = target.split('#')
      const found = path === '' ? join(root, file) : resolve(root, dirname(file), path)
      if (!existsSync(found)) return true
      if (anchor === undefined || statSync(found).isDirectory()) return anchor !== undefined
      return found.endsWith('.md') && !anchorsOf(found).has(anchor)
    })
    expect(broken).toEqual([])
  })

  it('reach every page of docs from the README', () => {
    const reached = new Set<string>()
    const follow = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const [from, target] of links) {
        const path = target.split('#')[0] ?? ''
        if (from === file && path.endsWith('.md')) follow(join(dirname(from), path))
      }
    }
    follow('README.md')
    const pages = files.map((file) => relative(root, file)).filter((file) => /^docs\//.test(file))
    expect(pages.filter((page) => !reached.has(page) && !page.startsWith('docs/adr/'))).toEqual([])
  })
})

describe('the table of who reads and writes what', () => {
  it('has a writer for every topic', () => {
    const written = new Set(SERVICE_FLOWS.flatMap(({ writes }) => writes.map(({ name }) => name)))
    expect(ALL_TOPICS.map(({ name }) => name).filter((name) => !written.has(name))).toEqual([])
  })

  it('has every service that runs by itself', () => {
    const groups = ['all', 'alerting', 'sinks']
    const single = [...SERVICES.keys()].filter((name) => !groups.includes(name))
    expect(SERVICE_FLOWS.map(({ name }) => name)).toEqual(expect.arrayContaining(single))
  })
})

describe('docs/asyncapi.yaml', () => {
  interface Document {
    readonly channels: Record<
      string,
      { address: string; messages: Record<string, { $ref: string }> }
    >
    readonly operations: Record<string, { channel: { $ref: string } }>
    readonly components: { messages: Record<string, { payload: { schema: { $ref: string } } }> }
  }
  const document = parse(readFileSync(join(root, 'docs/asyncapi.yaml'), 'utf8')) as Document

  it('is valid by the JSON schema of AsyncAPI 3.0', () => {
    const { schemas } = createRequire(import.meta.url)('@asyncapi/specs') as {
      schemas: Record<string, object>
    }
    const ajv = new Ajv({
      strict: false,
      allErrors: false,
      validateFormats: false,
      meta: false,
      validateSchema: false,
    })
    // AsyncAPI's schema is draft 07 and carries a copy of draft 07 itself.
    const validate = ajv.compile(schemas['3.0.0'] ?? {})
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3), null, 2)).toBe(true)
    expect(validate({ ...document, channels: { x: { address: 5 } } })).toBe(false)
  })

  it('has every topic, and its references lead somewhere', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address)
    expect(addresses).toEqual(ALL_TOPICS.map(({ name }) => name))
    for (const { messages } of Object.values(document.channels))
      for (const { $ref } of Object.values(messages))
        expect(document.components.messages).toHaveProperty([$ref.split('/').at(-1) ?? ''])
    for (const { channel } of Object.values(document.operations))
      expect(document.channels).toHaveProperty([channel.$ref.split('/').at(-1) ?? ''])
    for (const { payload } of Object.values(document.components.messages))
      expect(existsSync(join(root, 'docs', payload.schema.$ref)), payload.schema.$ref).toBe(true)
  })
})
