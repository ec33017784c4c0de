/** `candlewire train`: one training run, recorded like any other, and what came of it. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { newRun } from '../../processors/runs/run-records.ts'
import {
  HORIZONS_MINUTES,
  modelNameOf,
  OBJECTIVES,
  type TargetObjective,
} from '../../processors/runs/training-target.ts'
import type { TrainingRun } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createKafka, createProducer } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import type { TrainingProgress } from '../../training/candidates/candidate.ts'
import type { DatasetManifest } from '../../training/examples/manifest.ts'
import { FOLD_KINDS, type FoldKind } from '../../training/search/cross-validation.ts'
import { executeRun } from '../../training/runs/execute-run.ts'
import { RunRecorder } from '../../training/runs/run-recorder.ts'
import { ALGORITHMS, DEFAULT_ROUNDS, type TrainingResult } from '../../training/train.ts'
import { progressLine, trainingReport } from '../../training/training-report.ts'
import { parseTime } from '../models/registry-at.ts'
import { abortOnSignal } from '../abort-on-signal.ts'
import { runCommand } from '../run-command.ts'
import { trainingLibraries } from '../training-libraries.ts'

/** Off a terminal a line says how far it is this often, and at every new stage. */
const PROGRESS_EVERY_MS = 5_000

interface Options {
  readonly set?: string
  readonly horizon: number
  readonly objective: TargetObjective
  readonly models?: readonly string[]
  readonly trials?: number
  readonly until?: string
  readonly manifest?: string
  readonly rounds: number
  readonly folds: FoldKind
  readonly featureShare?: number
  readonly instrument?: string
  readonly name?: string
  readonly trigger: string
  readonly json?: true
}

const HELP = `
Ctrl-C ends the run: nothing is published, and the run is recorded as cancelled.
A model becomes champion only if it beats the live champion and the zero forecast out of time by a test;
otherwise it is staged and scored as the shadow. Folders of runs: \`runs\` in the data directory.

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 130 interrupted.`

export function register(program: Command): void {
  program
    .command('train')
    .description(
      'train on the labelled examples so far, publish the models, and let the gate decide',
    )
    .option('--set <name>', 'feature set (default: FEATURE_SET)')
    .option(
      '--horizon <minutes>',
      `how far ahead: ${HORIZONS_MINUTES.join(' or ')}`,
      wholeNumber,
      30,
    )
    .addOption(
      new Option('--objective <what>', 'the return in percent, or the chance that it is upward')
        .choices([...OBJECTIVES])
        .default('regression'),
    )
    .option(
      '--models <names>',
      `algorithms, with commas, of ${ALGORITHMS.join(', ')} (default: all)`,
      names,
    )
    .option(
      '--trials <n>',
      'trials of the search; 0: none (default: TRAINING_TRIALS)',
      naturalNumber,
    )
    .option('--until <time>', 'only labels known by then, for example 2026-01-31T00:00:00Z')
    .option('--manifest <file>', 'repeat the data set of an earlier run: its manifest.json')
    .addOption(
      new Option('--folds <kind>', 'how a trial is judged on the training split')
        .choices([...FOLD_KINDS])
        .default('expanding'),
    )
    .option(
      '--feature-share <share>',
      'keep the most important columns that make up this share of importance, 0 to 1 (default: all)',
      share,
    )
    .option('--rounds <n>', 'most boosting rounds', wholeNumber, DEFAULT_ROUNDS)
    .option('--instrument <name>', 'only examples of this instrument (default: all)')
    .option('--name <name>', 'model name (default: by objective and horizon)')
    .addOption(new Option('--trigger <what>', 'who asks').default('cli').hideHelp())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(runCommand((config, options: Options) => run(config, options)))
}

async function run(config: Config, options: Options): Promise<number> {
  const queued = runOf(options)
  const manifest = options.manifest === undefined ? undefined : readManifest(options.manifest)
  const logger = createLogger(config, 'trainer')
  const cancelled = abortOnSignal()
  const libraries = await trainingLibraries(config, queued.algorithms, cancelled)
  const codecs = await connectCodecs(config)
  const kafka = createKafka(config, 'candlewire-trainer', logger)
  const producer = createProducer(kafka)
  await producer.connect()
  const printer = progressPrinter()
  try {
    const runner = `${hostname()}:${process.pid}`
    const recorder = new RunRecorder(queued, runner, { producer, codecs, logger })
    let result: TrainingResult | undefined
    const outcome = await executeRun(
      recorder.record,
      { config, kafka, codecs, logger, libraries, producer },
      {
        signal: cancelled,
        timeLimitMs: config.trainingTimeLimitSeconds * 1_000,
        manifest,
        rounds: options.rounds,
        folds: options.folds,
        featureShare: options.featureShare,
        onProgress: (facts) => recorder.progress(facts),
        onTraining: printer.print,
        onResult: (given) => {
          result = given
        },
        mayPublish: () => Promise.resolve(),
      },
    )
    const record = await recorder.end(outcome, config.trainingPricePerCpuHour)
    printer.end()
    if (outcome.kind !== 'succeeded') {
      process.stderr.write(`${record.errorCode ?? record.status}: ${outcome.message}\n`)
      if (options.json === true) process.stdout.write(`${JSON.stringify({ run: record })}\n`)
      return 1
    }
    process.stdout.write(`${textOf(record, result, options.json === true)}\n`)
    return 0
  } finally {
    printer.end()
    await producer.disconnect()
  }
}

function textOf(run: TrainingRun, result: TrainingResult | undefined, isJson: boolean): string {
  if (result === undefined) return JSON.stringify({ run }, null, 2)
  const { outcome: _outcome, models: _models, ...rest } = result
  if (isJson) return JSON.stringify({ run, ...rest }, null, 2)
  return `${trainingReport(result)}\n\nRun ${run.runId}: ${(run.cpuSeconds ?? 0).toFixed(1)} CPU-seconds, kept in ${run.folder ?? 'no folder'}`
}

function runOf(options: Options): TrainingRun {
  const nowMs = Date.now()
  const { objective, horizon, trigger } = options
  const day = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  return newRun({
    runId: `${trigger}-${day}-${randomBytes(3).toString('hex')}`,
    trigger,
    actor: userInfo().username,
    reason: trigger === 'start' ? 'No model was live for the instrument.' : 'Asked for by command.',
    requestedAtMs: nowMs,
    modelName: options.name ?? modelNameOf(objective, horizon),
    objective,
    horizonMinutes: horizon,
    featureSet: options.set ?? null,
    instrument: options.instrument ?? null,
    algorithms: options.models ?? [],
    trials: options.trials ?? null,
    untilMs: options.until === undefined ? null : parseTime(options.until),
  })
}

function readManifest(file: string): DatasetManifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DatasetManifest
  } catch (thrown) {
    throw new CandlewireError('OPTION_INVALID', `${file} is no manifest: ${messageOf(thrown)}`)
  }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('A whole number of at least 1 is needed.')
  return value
}

function naturalNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('A whole number of at least 0 is needed.')
  return value
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value <= 1))
    throw new InvalidArgumentError('A share above 0 and of at most 1 is needed.')
  return value
}

function names(text: string): readonly string[] {
  const given = text.split(',').map((name) => name.trim())
  const unknown = given.filter((name) => !(ALGORITHMS as readonly string[]).includes(name))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is ${ALGORITHMS.join(', ')}; not ${unknown.join(', ')}.`)
  return [...new Set(given)]
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
