/** The completion scripts in the shells they are for: sourced, and asked as Tab asks. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commandFacts } from './command-tree.ts'
import { COMPLETIONS, type Shell } from './completion-scripts.ts'
import { buildProgram } from './program.ts'
import { findOnPath } from './stack/find-on-path.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'prices.csv'), '')

const facts = commandFacts(await buildProgram())
for (const shell of Object.keys(COMPLETIONS) as Shell[])
  writeFileSync(join(folder, `candlewire.${shell}`), COMPLETIONS[shell](facts))

/** Words before the cursor, the last one begun; and what must and must not be among the answers. */
const CASES: readonly (readonly [
  line: string,
  has: readonly string[],
  lacks: readonly string[],
])[] = [
  ['candlewire ', ['start', 'models', 'doctor', 'completion'], ['list', '--json']],
  ['candlewire mod', ['models'], ['start']],
  ['candlewire models ', ['list', 'promote', 'rollback'], ['start']],
  ['candlewire models promote --to ', ['staging', 'production'], ['list', '--json']],
  ['candlewire models list --', ['--json', '--model'], ['--to', '--candles']],
  ['candlewire run ', ['features', 'sink-redis', 'all'], ['list']],
  ['candlewire start --format o', ['oanda'], ['auto']],
  ['candlewire start --candles pri', ['prices.csv'], ['start']],
  ['candlewire start --json --ca', ['--candles', '--catalogue'], ['--news']],
]

const ran = (program: string, args: readonly string[]): string[] =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
    .split('\n')
    .map((line) => line.split('\t')[0]?.trim() ?? '')
    .filter((line) => line !== '')

/** How each shell is asked for the completions of a line. */
const ASK: Readonly<Record<Shell, (line: string) => string[]>> = {
  bash: (line) => {
    const words = line.split(' ')
    return ran('bash', [
      '-c',
      `source candlewire.bash
       COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
       _candlewire
       printf '%s\\n' "\${COMPREPLY[@]}"`,
    ])
  },
  // The functions that would draw a menu print what they were given.
  zsh: (line) => {
    const words = line.split(' ')
    const begun = words.at(-1) ?? ''
    const offered = ran('zsh', [
      '-f',
      '-c',
      `compdef() { }
       compadd() { shift; print -l -- "$@" }
       _files() { print -l -- * }
       _message() { }
       _describe() { print -l -- "\${(@)\${(P)2}%%:*}" }
       source ./candlewire.zsh
       words=(${words.map((word) => `'${word}'`).join(' ')}) CURRENT=${words.length}
       _candlewire`,
    ])
    return offered.filter((word) => word.startsWith(begun))
  },
  fish: (line) =>
    ran('fish', ['--no-config', '-c', `source candlewire.fish; complete -C '${line}'`]),
}

describe.each(Object.keys(COMPLETIONS) as Shell[])('%s', (shell) => {
  it.skipIf(findOnPath(shell) === undefined).each(CASES)('completes "%s"', (line, has, lacks) => {
    const answers = ASK[shell](line)
    expect(answers).toEqual(expect.arrayContaining([...has]))
    for (const word of lacks) expect(answers).not.toContain(word)
  })
})
