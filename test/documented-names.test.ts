/** What documents write as code exists: files, folders, npm scripts, commands with their options. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { markdownFiles } from './support/markdown-files.ts'

const root = join(import.meta.dirname, '..')
/** Steps of the flow; what lies in `data` is partly made at run time. */
const LAYERS = ['schemas', 'streams', 'processors', 'training', 'serving', 'bin']
const FOLDERS = [...LAYERS, 'test', 'bench', 'docs', 'grafana', 'prometheus', 'kubernetes']

interface Span {
  readonly file: string
  readonly code: string
}

/** Code within lines, and the lines of blocks. The changelog tells of what was. */
const spans: readonly Span[] = markdownFiles(root)
  .map((path) => relative(root, path))
  .filter((file) => file !== 'CHANGELOG.md')
  .flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const blocks = [...text.matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm)]
    const within = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)
    const lines = blocks.flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    return [...lines, ...[...within].map(([, code = '']) => code)].map((code) => ({ file, code }))
  })

const said = (found: readonly Span[]): string[] => found.map(({ file, code }) => `${file}: ${code}`)

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sourceFiles(path) : [path]
  })
}

describe('names in documents', () => {
  it('of files and folders exist, from the root, beside the document, or as the end of a path', () => {
    const sources = FOLDERS.flatMap(sourceFiles)
    const isPath = (code: string) =>
      /^[\w-][\w.-]*(\/[\w.-]+)*\/?$/.test(code) &&
      (/\.(ts|mjs|avsc|sql|py|R)$/.test(code) || FOLDERS.includes(code.split('/')[0] ?? '')) &&
      // A name to be put in.
      !/[A-Z]{3,}(?!\.md)/.test(code)
    const paths = spans.filter(({ code }) => isPath(code))
    expect(paths.length).toBeGreaterThan(150)
    const missing = paths.filter(
      ({ file, code }) =>
        ![code, join(dirname(file), code)].some((path) => existsSync(join(root, path))) &&
        !existsSync(join(root, `${code}.ts`)) &&
        !sources.some((path) => path.endsWith(`/${code}`)),
    )
    expect(said(missing)).toEqual([])
  })

  it.each(LAYERS)('are there for every folder of %s in its README', (layer) => {
    const readme = readFileSync(join(root, layer, 'README.md'), 'utf8')
    const folders = readdirSync(join(root, layer), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    expect(folders.filter((name) => !readme.includes(`${name}/`))).toEqual([])
  })

  it('of npm scripts exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const asked = spans.filter(({ code }) => /\bnpm run [a-z]/.test(code))
    expect(asked.length).toBeGreaterThan(10)
    const unknown = asked.filter(
      ({ code }) => scripts[/\bnpm run ([\w:-]+)/.exec(code)?.[1] ?? ''] === undefined,
    )
    expect(said(unknown)).toEqual([])
  })

  it('of commands and their options exist', () => {
    const calls = spans.flatMap(({ file, code }) =>
      [...code.matchAll(/(?<!-n )(?<![\w.-])candlewire (?=[a-z-])(.*?)(?=$|[|;&#()]| {3})/g)].map(
        ([, call = '']) => ({ file, code: call.trim() }),
      ),
    )
    expect(calls.length).toBeGreaterThan(100)
    const options = optionsByCommand()
    expect(said(calls.filter(({ code }) => !isKnown(options, code.split(/\s+/))))).toEqual([])
  })
})

/** From the generated reference, which a check of its own holds to the commands. */
function optionsByCommand(): ReadonlyMap<string, ReadonlySet<string>> {
  const text = readFileSync(join(root, 'docs/commands.md'), 'utf8')
  return new Map(
    text
      .split(/^## candlewire /m)
      .slice(1)
      .map((section) => {
        const name = /^[a-z -]*[a-z]/.exec(section)?.[0] ?? ''
        const options = [...section.matchAll(/^\| `(?:-\w, )?(--[\w-]+)/gm)]
        return [name, new Set(['--help', ...options.map(([, option = '']) => option)])]
      }),
  )
}

function isKnown(
  options: ReadonlyMap<string, ReadonlySet<string>>,
  words: readonly string[],
): boolean {
  const names = [...options.keys()]
  const [first = '', second = ''] = words
  const isGroup = names.some((name) => name.startsWith(`${first} `))
  // The whole command, a group by itself, or a group with a choice or placeholder.
  const isWord = /^[a-z][a-z-]*$/
  if (/^--(version|help)$/.test(first) || (isGroup && !options.has(first) && !isWord.test(second)))
    return true
  const known = options.get(`${first} ${second}`) ?? options.get(first)
  return (
    known !== undefined &&
    words
      .filter((word) => word.startsWith('--'))
      .every((word) => known.has(word.split('=')[0] ?? ''))
  )
}
