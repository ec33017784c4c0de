/** `candlewire start`: the whole pipeline on this machine, from the stack to live predictions. */
import { Option, type Command } from 'commander'
import { writeFileSync } from 'node:fs'
import { CANDLE_FORMATS, type CandleFormat } from '../../streams/sources/candle-file.ts'
import { parseSpeed } from '../../streams/producers/pace.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { runCommand } from '../run-command.ts'
import { startEverything, type StartOptions } from '../start/start-everything.ts'

interface Given {
  readonly candles?: string
  readonly news?: string
  readonly instrument?: string
  readonly dataset?: string
  readonly from?: string
  readonly to?: string
  readonly catalogue?: string
  readonly oanda?: true
  readonly format: CandleFormat
  readonly trainShare: number
  readonly speed?: string
  readonly historyDays: number
  readonly exitWhenDone?: true
  readonly summary?: string
  readonly json?: true
}

const HELP = `
Without --candles a simulated market runs: seeded, and labelled as simulated everywhere. With it, the
model is trained on the first part of the file and the rest streams through the live model. With --oanda
the model is trained on OANDA_HISTORY_DAYS of history, and each minute streams through it as it ends.
Ctrl-C stops everything that was started; the next start goes on with what Kafka holds.`

export function register(program: Command): void {
  program
    .command('start')
    .description('run the whole pipeline: stack, input, features, model, live predictions, page')
    .option('--candles <file>', 'one-minute candles, plain or gzip')
    .option('--news <file>', 'news, plain or gzip')
    .option('--dataset <name>', 'a public data set instead of a file (candlewire datasets list)')
    .option('--from <month>', 'first month of the data set, as 2024-02')
    .option('--to <month>', 'last month of the data set')
    .option('--catalogue <file>', 'another list of data sets (default: data/datasets.json)')
    .option('--oanda', 'live candles from an OANDA v20 account (OANDA_TOKEN; docs/oanda.md)')
    .option(
      '--instrument <name>',
      'instrument of the input (default: the INSTRUMENT setting; SIM_ before it if simulated)',
    )
    .addOption(
      new Option('--format <layout>', 'layout of the candle file')
        .choices(CANDLE_FORMATS)
        .default('auto'),
    )
    .option('--train-share <share>', 'part of the file the model is trained on', share, 0.6)
    .option(
      '--speed <pace>',
      'pace of what follows: max, realtime or 60x (default: max for a file, 60x simulated)',
    )
    .option('--history-days <days>', 'days of history the simulator begins with', days, 30)
    .option('--exit-when-done', 'end when the input is through (simulated: after one more day)')
    .option('--summary <file>', 'write the summary as JSON')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', HELP)
    .action(
      runCommand(async (config, given: Given) => {
        requireOneInput(given)
        const { dataset: name, from, to, catalogue, ...rest } = given
        const options: StartOptions = {
          ...rest,
          ...(name === undefined ? {} : { dataset: { name, from, to, catalogue } }),
          oanda: given.oanda === true,
          speed: given.speed === undefined ? undefined : parseSpeed(given.speed),
          exitWhenDone: given.exitWhenDone === true,
          onSummary: (summary, text) => {
            if (given.summary !== undefined)
              writeFileSync(given.summary, JSON.stringify(summary, null, 2) + '\n')
            process.stdout.write(given.json === true ? `${JSON.stringify(summary)}\n` : text)
          },
        }
        return startEverything(config, options)
      }),
    )
}

/** @throws CandlewireError OPTION_INVALID */
function requireOneInput(given: Given): void {
  const { candles, dataset, oanda, news, exitWhenDone, from, to } = given
  const refuse = (why: string) => {
    throw new CandlewireError('OPTION_INVALID', why)
  }
  const inputs = [candles, dataset, oanda].filter((input) => input !== undefined)
  if (inputs.length > 1) refuse('Name one of --candles, --dataset and --oanda')
  if (dataset === undefined && (from ?? to) !== undefined)
    refuse('--from and --to go with --dataset')
  if (news !== undefined && candles === undefined && dataset === undefined)
    refuse('--news goes with --candles or --dataset; beside others: `candlewire produce news`')
  if (oanda === true && exitWhenDone === true)
    refuse('--oanda has no end: --exit-when-done does not go with it')
}

function share(text: string): number {
  const value = Number(text)
  if (value > 0 && value < 1) return value
  throw new CandlewireError('OPTION_INVALID', `--train-share ${text} is not between 0 and 1`)
}

function days(text: string): number {
  const value = Number(text)
  if (value >= 5 && value <= 3_650) return value
  throw new CandlewireError('OPTION_INVALID', `--history-days ${text} is not between 5 and 3650`)
}
