/** The commands as plain data: what the completion, the documents and the tests are made of. */
import type { Command } from 'commander'

export interface OptionFacts {
  /** `--json`, or `-h` and `--help`. */
  readonly flags: readonly string[]
  /** What the argument is called, such as `file`; undefined: the option has none. */
  readonly argument: string | undefined
  readonly choices: readonly string[]
  readonly description: string
}

export interface CommandFacts {
  /** For example `models list`; empty for `candlewire` itself. */
  readonly path: string
  readonly description: string
  readonly group: string
  /** Such as `<version>` or `[ids...]`. */
  readonly usage: string
  readonly argumentChoices: readonly string[]
  readonly options: readonly OptionFacts[]
  readonly commands: readonly CommandFacts[]
}

export function commandFacts(command: Command, parent = ''): CommandFacts {
  const path = command.parent === null ? '' : `${parent} ${command.name()}`.trim()
  const help = command.createHelp()
  return {
    path,
    description: command.description(),
    group: command.helpGroup().replace(/:$/, ''),
    usage: command.registeredArguments
      .map((each) => {
        const name = `${each.name()}${each.variadic ? '...' : ''}`
        return each.required ? `<${name}>` : `[${name}]`
      })
      .join(' '),
    argumentChoices: command.registeredArguments.flatMap((each) => each.argChoices ?? []),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      argument: /[<[]([^\]>]+)[\]>]/.exec(option.flags)?.[1],
      choices: option.argChoices ?? [],
      description: option.description,
    })),
    commands: help.visibleCommands(command).map((inner) => commandFacts(inner, path)),
  }
}

/** Commands that do something themselves. */
export const leavesOf = (facts: CommandFacts): readonly CommandFacts[] =>
  facts.commands.length === 0
    ? [facts]
    : [...(hasOwnWork(facts) ? [facts] : []), ...facts.commands.flatMap(leavesOf)]

/** A command with others below it that has options of its own, such as `replay`. */
const hasOwnWork = ({ path, options }: CommandFacts): boolean =>
  path !== '' && options.some(({ flags }) => !flags.includes('--help'))
