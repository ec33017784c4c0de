/** `candlewire train`: trains on what has been labelled so far and publishes the best model. */
import { InvalidArgumentError, type Command } from 'commander'
import type { Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import type { TrainingProgress } from '../../training/candidates/candidate.ts'
import { DEFAULT_ROUNDS, HORIZON_MINUTES, train } from '../../training/train.ts'
import { progressLine, trainingReport } from '../../training/training-report.ts'
import { runCommand } from '../run-command.ts'
import { ensureArtefact } from '../stack/artefacts.ts'

/** Off a terminal a line says how far it is this often, and at every new stage. */
const PROGRESS_EVERY_MS = 5_000

interface Options {
  readonly set?: string
  readonly horizon: number
  readonly rounds: number
  readonly instrument?: string
  readonly name: string
  readonly json?: true
}

export function register(program: Command): void {
  program
    .command('train')
    .description(
      'train on the labelled examples so far, publish the models and make the best one champion',
    )
    .option('--set <name>', 'feature set (default: FEATURE_SET)')
    .option('--horizon <minutes>', 'how far ahead to predict', wholeNumber, HORIZON_MINUTES)
    .option('--rounds <n>', 'most boosting rounds', wholeNumber, DEFAULT_ROUNDS)
    .option('--instrument <name>', 'only examples of this instrument (default: all)')
    .option('--name <name>', 'model name to publish under', `forward_return_${HORIZON_MINUTES}`)
    .option('--json', 'print the result as JSON')
    .action(runCommand((config, options: Options) => run(config, options)))
}

async function run(config: Config, options: Options): Promise<void> {
  if (options.horizon !== HORIZON_MINUTES) {
    throw new CandlewireError(
      'REQUEST_INVALID',
      `There are labels for a horizon of ${HORIZON_MINUTES} minutes only, not ${options.horizon}`,
    )
  }
  const logger = createLogger(config, 'trainer')
  const cancel = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => cancel.abort())
  const progress = progressPrinter()
  const nativeLibraryPath = await ensureArtefact(config, 'lightgbm', { signal: cancel.signal })
  const codecs = await connectCodecs(config)
  const result = await train({
    config,
    kafka: createKafka(config, 'candlewire-trainer', logger),
    codecs,
    logger,
    nativeLibraryPath,
    featureSetName: options.set,
    modelName: options.name,
    instrument: options.instrument,
    rounds: options.rounds,
    onProgress: progress.print,
    signal: cancel.signal,
  }).finally(progress.end)
  process.stdout.write(
    `${options.json === true ? JSON.stringify(result, null, 2) : trainingReport(result)}\n`,
  )
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('A whole number of at least 1 is needed.')
  return value
}

/** On a terminal one line that is written over; elsewhere a line now and then. Both on stderr. */
function progressPrinter(): { print: (progress: TrainingProgress) => void; end: () => void } {
  const isTerminal = process.stderr.isTTY
  let stage = ''
  let printedMs = -Infinity
  return {
    print: (progress) => {
      const now = performance.now()
      if (isTerminal) {
        process.stderr.write(`\r\x1b[K${progressLine(progress)}`)
      } else if (progress.stage !== stage || now - printedMs >= PROGRESS_EVERY_MS) {
        process.stderr.write(`${progressLine(progress)}\n`)
        printedMs = now
      }
      stage = progress.stage
    },
    end: () => {
      if (isTerminal) process.stderr.write('\r\x1b[K')
    },
  }
}
