/**
 * Completion scripts for three shells from the tree of commands. All three ask the same two questions
 * of one table: which words may follow this command, and which values may follow this option of it. An
 * option that names a file completes files.
 */
import type { CommandFacts, OptionFacts } from './command-tree.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

const FILE_ARGUMENTS = ['file', 'path', 'folder']

const all = (facts: CommandFacts): readonly CommandFacts[] => [
  facts,
  ...facts.commands.flatMap(all),
]
const lastWord = (path: string): string => path.split(' ').at(-1) ?? ''
const flagsOf = ({ options }: CommandFacts): readonly string[] =>
  options.flatMap(({ flags }) => flags)
const wordsOf = ({ commands, argumentChoices }: CommandFacts): readonly string[] => [
  ...commands.map(({ path }) => lastWord(path)),
  ...argumentChoices,
]
const takesFile = ({ argument }: OptionFacts): boolean => FILE_ARGUMENTS.includes(argument ?? '')

/** Lines of a shell `case`: `'models list --model') ...`. */
function valueCases(facts: CommandFacts, line: (option: OptionFacts) => string): string {
  return all(facts)
    .flatMap((command) =>
      command.options
        .filter(({ argument }) => argument !== undefined)
        .map((option) => {
          const keys = option.flags.map((flag) => `'${command.path} ${flag}'`)
          return `    ${keys.join('|')}) ${line(option)} ;;\n`
        }),
    )
    .join('')
}

const wordCases = (facts: CommandFacts, line: (command: CommandFacts) => string): string =>
  all(facts)
    .map((command) => `    '${command.path}') ${line(command)} ;;\n`)
    .join('')

/** Which of the words before the cursor are commands; the others are options and their values. */
const pathWalk = (facts: CommandFacts): string => {
  const paths = all(facts)
    .map(({ path }) => path)
    .filter((path) => path !== '')
  return `case "$command $word" in ${paths.map((path) => `'${path.includes(' ') ? '' : ' '}${path}'`).join('|')})`
}

function bash(facts: CommandFacts): string {
  return `# Completion of candlewire for bash: source <(candlewire completion bash)
_candlewire() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command='' word index words='' values='' kind=none
  for ((index = 1; index < COMP_CWORD; index += 1)); do
    word="\${COMP_WORDS[index]}"
    ${pathWalk(facts)} command="\${command:+$command }$word" ;; esac
  done
  COMPREPLY=()
  case "$command $previous" in
${valueCases(facts, (option) =>
  takesFile(option) ? 'kind=file' : `kind=values values='${option.choices.join(' ')}'`,
)}  esac
  case "$kind" in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    values) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current"); return ;;
  esac
  case "$command" in
${wordCases(facts, (command) => `words='${wordsOf(command).join(' ')}'`)}  esac
  if [[ "$current" == -* ]]; then
    case "$command" in
${wordCases(facts, (command) => `words='${flagsOf(command).join(' ')}'`)}    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _candlewire candlewire
`
}

/** For zsh: a description after a colon, in single quotes. */
const described = (word: string, description: string): string =>
  `'${word.replaceAll(':', '\\:')}:${plain(description)}'`
const plain = (text: string): string => text.replaceAll("'", '').replaceAll('\\', '')

function zsh(facts: CommandFacts): string {
  return `#compdef candlewire
# Completion of candlewire for zsh: put it as _candlewire into a folder of fpath, or source it.
_candlewire() {
  local command='' word index
  local -a entries
  for ((index = 2; index < CURRENT; index += 1)); do
    word="\${words[index]}"
    ${pathWalk(facts)} command="\${command:+$command }$word" ;; esac
  done
  case "$command \${words[CURRENT-1]}" in
${valueCases(facts, (option) =>
  takesFile(option)
    ? '_files; return'
    : option.choices.length > 0
      ? `compadd -- ${option.choices.join(' ')}; return`
      : `_message '${plain(option.argument ?? '')}'; return`,
)}  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$command" in
${wordCases(facts, (command) => `entries=(${command.options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description))).join(' ')})`)}    esac
  else
    case "$command" in
${wordCases(
  facts,
  (command) =>
    `entries=(${[
      ...command.commands.map(({ path, description }) => described(lastWord(path), description)),
      ...command.argumentChoices.map((choice) => described(choice, '')),
    ].join(' ')})`,
)}    esac
  fi
  _describe 'candlewire' entries
}
if [[ "$funcstack[1]" == _candlewire ]]; then _candlewire "$@"; else compdef _candlewire candlewire; fi
`
}

function fish(facts: CommandFacts): string {
  const lines = all(facts).flatMap((command) => {
    const here = `-n '__candlewire_at "${command.path}"'`
    return [
      ...command.commands.map(
        ({ path, description }) =>
          `complete -c candlewire -f ${here} -a ${lastWord(path)} -d '${plain(description)}'`,
      ),
      ...command.argumentChoices.map((choice) => `complete -c candlewire -f ${here} -a ${choice}`),
      ...command.options.map((option) => fishOption(here, option)),
    ]
  })
  return `# Completion of candlewire for fish.
function __candlewire_at
  set -l command ''
  for word in (commandline -opc)[2..-1]
    if contains -- (string trim "$command $word") ${all(facts)
      .filter(({ path }) => path !== '')
      .map(({ path }) => `'${path}'`)
      .join(' ')}
      set command (string trim "$command $word")
    end
  end
  test "$command" = "$argv[1]"
end
complete -c candlewire -f
${lines.join('\n')}
`
}

function fishOption(here: string, option: OptionFacts): string {
  const { flags, argument, choices, description } = option
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag[1]}`,
  )
  const value =
    argument === undefined
      ? ''
      : takesFile(option)
        ? ' -r -F'
        : ` -x${choices.length > 0 ? ` -a '${choices.join(' ')}'` : ''}`
  return `complete -c candlewire ${here} ${names.join(' ')}${value} -d '${plain(description)}'`
}

export const COMPLETIONS: Readonly<Record<Shell, (facts: CommandFacts) => string>> = {
  bash,
  zsh,
  fish,
}
