/** `docs/commands.md` and the table of commands in the README, from the commands themselves. */
import { examplesOf } from '../command-examples.ts'
import { leavesOf, type CommandFacts } from '../command-tree.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/** One row a command of the first level. */
export function commandsTable(facts: CommandFacts): string {
  const rows = facts.commands.map(({ path, usage, description, commands }) => {
    const inner = commands.map((each) => each.path.split(' ').at(-1)).join(' \\| ')
    const words = [path, inner, usage].filter((word) => word !== '').join(' ')
    return `| \`candlewire ${words}\` | ${cell(description)} |\n`
  })
  return `| command | what it does |\n|---|---|\n${rows.join('')}`
}

export function commandsDocument(facts: CommandFacts): string {
  return `${HEAD}\n${leavesOf(facts).map(section).join('\n')}`
}

const HEAD = `# Commands

Generated from the commands; \`candlewire COMMAND --help\` says the same and more. From a clone:
\`./bin/candlewire\`. Results go to stdout, progress and messages to stderr: a bar on a terminal, a line now
and then elsewhere. Ctrl-C ends every command in order, a second one at once. Exit codes:
[exit-codes.md](exit-codes.md). Completion: \`source <(candlewire completion bash)\`.
`

function section({ path, usage, description, options }: CommandFacts): string {
  const examples = examplesOf(path)
  const shown = examples.map(({ line, does }) => `${line}${does === '' ? '' : `   # ${does}`}\n`)
  return `## candlewire ${path}${usage === '' ? '' : ` ${usage.replaceAll('<', '&lt;')}`}

${description[0]?.toUpperCase()}${cell(description.slice(1))}.

| option | meaning |
|---|---|
${options
  .filter(({ flags }) => !flags.includes('--help'))
  .map(
    ({ flags, argument, choices, description: meaning }) =>
      `| \`${flags.join(', ')}${argument === undefined ? '' : ` <${argument}>`}\` | ${cell(meaning)}${choices.length > 0 ? ` (${choices.join(', ')})` : ''} |\n`,
  )
  .join('')}${shown.length > 0 ? `\n\`\`\`sh\n${shown.join('')}\`\`\`\n` : ''}`
}
