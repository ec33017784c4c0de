/** `candlewire dead-letters`: what could not be processed, why, and sending it again. */
import { InvalidArgumentError, type Command } from 'commander'
import { readFileSync } from 'node:fs'
import type { Config } from '../../streams/config.ts'
import type { Codecs } from '../../streams/codec.ts'
import {
  readLetter,
  readLetters,
  readRedrives,
  type Letter,
  type LetterFilter,
} from '../../streams/dead-letters/letters.ts'
import { originalRecord } from '../../streams/dead-letters/original-record.ts'
import { REDRIVE_MAX, redriveLetters } from '../../streams/dead-letters/redrive.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createKafka, type KafkaClient } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { parseGivenTime } from '../../streams/time-text.ts'
import { ALL_TOPICS } from '../../streams/topics.ts'
import { letterJson, letterLine, letterText } from '../letter-text.ts'
import { runCommand } from '../run-command.ts'

interface Choice {
  readonly topic?: string
  readonly code?: string
  readonly since?: number
  readonly json?: true
}
interface ListOptions extends Choice {
  readonly limit: number
}
interface RedriveOptions extends Choice {
  readonly fix?: string
  readonly all?: true
  readonly again?: true
}
interface Clients {
  readonly kafka: KafkaClient
  readonly reader: PartitionReader
  readonly codecs: Codecs
}

const REDRIVE_HELP = `
Only records of candles.v1 and news.v1 are sent again: what follows from them is made by the processors.
Without --fix a record is sent as it lies in its topic, byte for byte. A fix file has one JSON object a line:
  {"id": "0/17", "value": {...}}      the value as "show --json" prints it, put right
All letters of one call are one transaction, in the order their records came in; a letter that was sent
again before is refused unless --again. A candle that has become late is refused by the processor again.`

export function register(program: Command): void {
  const command = program
    .command('dead-letters')
    .description('list, inspect and send again what could not be processed')
  chosen(command.command('list'))
    .description('the letters, oldest first')
    .option('--limit <n>', 'most letters listed', whole, 50)
    .action(runCommand((config, options: ListOptions) => list(config, options)))
  command
    .command('show <id>')
    .description('everything about one letter')
    .option('--json', 'as JSON')
    .action(runCommand((config, id: string, options: Choice) => show(config, id, options)))
  chosen(command.command('redrive [ids...]'))
    .description('send letters again, once, in order')
    .option('--fix <file>', 'file of values put right, a JSON object a line')
    .option('--all', 'every letter of the given topic or code that was not sent again yet')
    .option('--again', 'also letters that were sent again before')
    .addHelpText('after', REDRIVE_HELP)
    .action(
      runCommand((config, ids: string[], options: RedriveOptions) => redrive(config, ids, options)),
    )
}

const chosen = (command: Command): Command =>
  command
    .option('--topic <name>', 'letters of this source topic')
    .option('--code <code>', 'letters of this error code')
    .option('--since <time>', 'letters written since (ISO, UTC)', time)
    .option('--json', 'as JSON')

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is not a whole number of 1 or more.')
  return number
}

function time(text: string): number {
  const ms = parseGivenTime(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('It is not an ISO time such as 2025-03-07T14:30Z.')
  return ms
}

const filterOf = ({ topic, code, since }: Choice): LetterFilter => ({ topic, code, sinceMs: since })

async function list(config: Config, options: ListOptions): Promise<void> {
  await withClients(config, async ({ reader, codecs }) => {
    const redrives = await readRedrives(reader, codecs)
    let count = 0
    const byCode = new Map<string, number>()
    for await (const letter of readLetters(reader, codecs, filterOf(options))) {
      count += 1
      const { sourceTopic, code } = letter.value
      byCode.set(`${sourceTopic} ${code}`, (byCode.get(`${sourceTopic} ${code}`) ?? 0) + 1)
      if (count > options.limit) continue
      const redrive = redrives.get(letter.id)
      print(
        options.json === true
          ? JSON.stringify(letterJson(letter, redrive))
          : letterLine(letter, redrive),
      )
    }
    if (options.json === true) return
    const left = count - options.limit
    if (left > 0) print(`... and ${left} more (--limit)`)
    const parts = [...byCode].map(([what, letters]) => `${letters} ${what}`)
    print(count === 0 ? 'no dead letters' : `${count} dead letters: ${parts.join(', ')}`)
  })
}

async function show(config: Config, id: string, options: Choice): Promise<void> {
  await withClients(config, async ({ reader, codecs }) => {
    const letter = await readLetter(reader, codecs, id)
    const redrive = (await readRedrives(reader, codecs)).get(id)
    const topic = ALL_TOPICS.find(({ name }) => name === letter.value.sourceTopic)
    const original =
      topic === undefined ? undefined : await originalRecord(reader, codecs.of(topic), letter)
    if (options.json === true) print(JSON.stringify(letterJson(letter, redrive, original), null, 2))
    else process.stdout.write(letterText(letter, redrive, original))
  })
}

async function redrive(
  config: Config,
  ids: readonly string[],
  options: RedriveOptions,
): Promise<void> {
  const fixes = options.fix === undefined ? new Map<string, unknown>() : readFixes(options.fix)
  const named = new Set([...ids, ...fixes.keys()])
  if (named.size === 0 && options.all !== true)
    throw new CandlewireError('OPTION_INVALID', 'Name the letters, give --fix, or say --all')
  await withClients(config, async (clients) => {
    const letters = new Map<string, Letter>()
    for (const id of named) letters.set(id, await readLetter(clients.reader, clients.codecs, id))
    if (options.all === true) await addAll(clients, options, letters)
    const sent = await redriveLetters(clients, [...letters.values()], {
      fixes,
      repeats: options.again === true ? 'again' : 'refuse',
    })
    if (options.json === true) for (const mark of sent) print(JSON.stringify(mark))
    else
      print(`${sent.length} sent again, ${sent.filter(({ fixed }) => fixed).length} of them fixed`)
  })
}

/** Letters that were sent again before are left out here: nobody named them. */
async function addAll(
  { reader, codecs }: Clients,
  options: RedriveOptions,
  letters: Map<string, Letter>,
): Promise<void> {
  const redrives = await readRedrives(reader, codecs)
  for await (const letter of readLetters(reader, codecs, filterOf(options))) {
    if (redrives.has(letter.id) && options.again !== true) continue
    letters.set(letter.id, letter)
    if (letters.size > REDRIVE_MAX) return
  }
}

/** @throws CandlewireError OPTION_INVALID naming file and line */
function readFixes(path: string): Map<string, unknown> {
  const fixes = new Map<string, unknown>()
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new CandlewireError('OPTION_INVALID', `${path} cannot be read: ${messageOf(thrown)}`)
  }
  for (const [index, text] of content.split(/\r?\n/).entries()) {
    const line = index + 1
    if (text.trim() === '') continue
    const [id, value] = fixOf(text, `${path}:${line}`)
    if (fixes.has(id))
      throw new CandlewireError('OPTION_INVALID', `${path}:${line}: letter ${id} is fixed twice`)
    fixes.set(id, value)
    if (fixes.size > REDRIVE_MAX)
      throw new CandlewireError('OPTION_INVALID', `${path} has more than ${REDRIVE_MAX} fixes`)
  }
  return fixes
}

function fixOf(text: string, place: string): [string, unknown] {
  let fix: unknown
  try {
    fix = JSON.parse(text)
  } catch (thrown) {
    throw new CandlewireError('OPTION_INVALID', `${place} is not JSON: ${messageOf(thrown)}`)
  }
  const { id, value } = (fix ?? {}) as { id?: unknown; value?: unknown }
  if (typeof id !== 'string' || value === undefined)
    throw new CandlewireError('OPTION_INVALID', `${place} is not {"id": "0/17", "value": {...}}`)
  return [id, value]
}

async function withClients(config: Config, work: (clients: Clients) => Promise<void>) {
  const logger = createLogger(
    { logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel },
    'dead-letters',
  )
  const reader = new PartitionReader(config, 'candlewire-dead-letters', logger)
  try {
    await reader.connect()
    const kafka = createKafka(config, 'candlewire-dead-letters', logger)
    await work({ kafka, reader, codecs: await connectCodecs(config) })
  } finally {
    await reader.disconnect()
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
