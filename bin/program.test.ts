/** What holds for every command there is; it walks the tree, so a new command is tried by itself. */
import { CommanderError, type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { EXAMPLE_PATHS, examplesOf } from './command-examples.ts'
import { commandFacts, leavesOf } from './command-tree.ts'
import { buildProgram, COMMAND_GROUPS } from './program.ts'

const leaves = leavesOf(commandFacts(await buildProgram()))

const paths = new Set(leaves.map(({ path }) => path))

const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim()

/** The commands with nothing behind them, and silent. */
async function inert(): Promise<Command> {
  const program = await buildProgram()
  const still = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    if (paths.has(pathOf(command))) command.action(() => undefined)
    command.commands.forEach(still)
  }
  still(program)
  return program
}

/** Options that have to be given would be asked for first. */
function withoutNeeds(command: Command): void {
  for (const option of command.options) option.mandatory = false
  command.commands.forEach(withoutNeeds)
}

/** @returns the name of commander's objection; undefined: it would have run */
async function objection(program: Command, words: readonly string[]): Promise<string | undefined> {
  try {
    await program.parseAsync(words, { from: 'user' })
    return undefined
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.code
    throw thrown
  }
}

/** Words of a line as a shell has them; only double and single quotes are known. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')

describe.each(leaves.map((leaf) => [leaf.path, leaf] as const))('candlewire %s', (path, leaf) => {
  it('takes --json', () => {
    expect(leaf.options.flatMap(({ flags }) => flags)).toContain('--json')
  })

  it('says what it does, and every option with it', () => {
    expect(leaf.description.length).toBeGreaterThan(10)
    for (const { flags, description } of leaf.options) expect(description, flags[0]).not.toBe('')
  })

  it('refuses an option it does not know', async () => {
    const program = await inert()
    withoutNeeds(program)
    const required = leaf.usage.replaceAll(/[<>]/g, '').split(' ')
    const given = required.map((name) => leaf.argumentChoices[0] ?? name)
    expect(await objection(program, [...path.split(' '), ...given, '--no-such-option'])).toBe(
      'commander.unknownOption',
    )
  })
})

describe('the examples of the help', () => {
  it('are of commands that exist', () => {
    const known = leaves.map(({ path }) => path)
    for (const path of EXAMPLE_PATHS) expect(known).toContain(path)
  })

  it.each(EXAMPLE_PATHS.flatMap((path) => examplesOf(path).map(({ line }) => [line, path])))(
    '%s',
    async (line, path) => {
      const [, words = ''] = /candlewire ([^&>|)]*)/.exec(line) ?? []
      const given = wordsOf(words)
      expect(given.join(' ')).toMatch(new RegExp(`^${path}( |$)`))
      expect(await objection(await inert(), given)).toBeUndefined()
    },
  )
})

describe('the help', () => {
  it('lists every command under a heading', async () => {
    const text = (await buildProgram()).helpInformation()
    for (const [heading, names] of Object.entries(COMMAND_GROUPS)) {
      const section = text.split(heading)[1] ?? ''
      for (const name of names) expect(section).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    }
  })

  it('does not load the others for one command', async () => {
    expect((await buildProgram('status')).commands.map((command) => command.name())).toEqual([
      'status',
    ])
  })
})
