/** `candlewire models`: what there is, what is live and was live when, and every decision about it. */
import { userInfo } from 'node:os'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { ALIASES, aliasTarget, type Alias } from '../../processors/models/model-aliases.ts'
import type { HistoryClock } from '../../processors/models/model-history.ts'
import type { Stage } from '../../processors/models/model-stages.ts'
import { versionsOf } from '../../processors/models/model-registry.ts'
import { RegistryDecision } from '../../processors/models/registry-decision.ts'
import { changeRegistry } from '../../processors/models/registry-writer.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { compareVersions, comparisonLines } from '../models/compare-models.ts'
import { exportToMlflow } from '../models/mlflow-export.ts'
import { allVersions, listLines, shownVersion } from '../models/model-rows.ts'
import { withRegistry } from '../models/open-registry.ts'
import { atLines, modelsAt, parseTime, summaries, summaryLines } from '../models/registry-at.ts'
import { eventLine, showLines } from '../models/show-model.ts'
import { findModel, findVersion } from '../models/version-reference.ts'
import { runCommand } from '../run-command.ts'

const HELP = `
A version is named NAME/1.2.0, NAME@champion, or 1.2.0 where one model only has it.
Stages: none -> staging -> production; each may be archived, an archived one goes back to staging.
Everything is a fold over model-versions.v1 and model-events.v1; every decision is one transaction.

Exit codes: 0 done, 1 failed or refused, 2 wrong usage.`

const TARGETS = ['staging', 'production', 'archive'] as const

interface Common {
  readonly json?: true
  readonly reason?: string
  readonly model?: string
}

export function register(program: Command): void {
  const models = program
    .command('models')
    .description('list, compare, promote and roll back models; what was live when')
    .addHelpText('after', HELP)
  registerViews(models)
  registerDecisions(models)
  models
    .command('export')
    .description('copy versions, metrics and aliases to an MLflow server')
    .requiredOption('--mlflow <url>', 'address of the server, for example http://127.0.0.1:5000')
    .option('--model <name>', 'only this model')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, options: Common & { mlflow: string }) =>
        withRegistry(config, async (connection, state) => {
          const versions = allVersions(state.registry, options.model)
          const done = await exportToMlflow(options.mlflow, state, versions, connection)
          print(options, done, () => [
            `${done.created} versions exported, ${done.known} were there already, ${done.aliases} aliases set: ${options.mlflow}`,
          ])
        }),
      ),
    )
}

function registerViews(models: Command): void {
  models
    .command('list')
    .description('all versions with stage, aliases and errors beside the zero forecast')
    .option('--model <name>', 'only this model')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, options: Common) =>
        withRegistry(config, (_, state) => {
          const name =
            options.model === undefined ? undefined : findModel(state.registry, options.model)
          const shown = allVersions(state.registry, name).map((each) => shownVersion(state, each))
          print(options, shown, () => listLines(shown))
        }),
      ),
    )
  models
    .command('show <version>')
    .description('everything about one version, its notes and history included')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, text: string, options: Common) =>
        withRegistry(config, (_, state) => {
          const version = findVersion(state.registry, text)
          const events = state.history.events.filter(
            ({ event }) =>
              event.modelName === version.modelName && event.version === version.version,
          )
          const shown = shownVersion(state, version)
          const all = { ...shown, events: events.map(({ event }) => event) }
          print(options, all, () => showLines(shown, events))
        }),
      ),
    )
  models
    .command('compare <a> <b>')
    .description('two versions side by side')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, a: string, b: string, options: Common) =>
        withRegistry(config, (_, state) => {
          const [left, right] = [a, b].map((text) =>
            shownVersion(state, findVersion(state.registry, text)),
          ) as [ReturnType<typeof shownVersion>, ReturnType<typeof shownVersion>]
          const comparison = compareVersions(left, right)
          print(options, comparison, () => comparisonLines(comparison))
        }),
      ),
    )
  models
    .command('summary')
    .description('one line a model: versions by stage, what is live, the last event')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, options: Common) =>
        withRegistry(config, (_, { registry, history }) => {
          const summary = summaries(registry, history)
          print(options, summary, () => summaryLines(summary))
        }),
      ),
    )
  models
    .command('at <time>')
    .description('what was live at a time')
    .addOption(
      new Option(
        '--by <clock>',
        'decided: what had been decided by then (wall clock); data: what had been decided on data up to then (event time)',
      )
        .choices(['decided', 'data'])
        .default('decided'),
    )
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, text: string, options: Common & { by: HistoryClock }) => {
        const ms = parseTime(text)
        return withRegistry(config, (_, { history }) => {
          const at = modelsAt(history, ms, options.by)
          print(options, at, () => atLines(at, ms, options.by))
        })
      }),
    )
}

function registerDecisions(models: Command): void {
  const reason = ['--reason <text>', 'why, for the audit history'] as const
  models
    .command('promote <version>')
    .description('move a version to a stage; production also makes it the champion')
    .addOption(new Option('--to <stage>', 'where to').choices([...TARGETS]).makeOptionMandatory())
    .option(...reason)
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, text: string, options: Common & { to: (typeof TARGETS)[number] }) =>
        decide(
          config,
          options,
          (state) => findVersion(state.registry, text),
          (decision, { version }) => {
            const stage: Stage = options.to === 'archive' ? 'archived' : options.to
            decision.moveTo(version, stage)
            if (stage === 'production') decision.setAlias(version, 'champion')
          },
        ),
      ),
    )
  models
    .command('rollback')
    .description('make the champion before the present one the champion again')
    .option('--model <name>', 'the model; needed where there are several')
    .option('--to <version>', 'an earlier champion instead of the last one')
    .option(...reason)
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, options: Common & { to?: string }) =>
        decide(
          config,
          options,
          ({ registry }) =>
            options.to === undefined
              ? anyVersion(versionsOf(registry, findModel(registry, options.model)))
              : findVersion(registry, options.to),
          (decision, { version }) =>
            decision.rollBack(options.to === undefined ? undefined : version),
        ),
      ),
    )
  models
    .command('alias <version>')
    .description('point an alias to a version, or take it away')
    .addOption(new Option('--as <alias>', 'which').choices([...ALIASES]).makeOptionMandatory())
    .option(
      '--weight <share>',
      'traffic of a challenger, 0 to 1; the champion keeps the rest',
      share,
    )
    .option('--remove', 'take the alias away from the version')
    .option(...reason)
    .option('--json', 'print as JSON')
    .action(
      runCommand(
        (config, text: string, options: Common & { as: Alias; weight?: number; remove?: true }) =>
          decide(
            config,
            options,
            (state) => findVersion(state.registry, text),
            (decision, { modelName, version }) => {
              if (options.remove !== true) decision.setAlias(version, options.as, options.weight)
              else if (aliasTarget(decision.registry, modelName, options.as)?.version === version)
                decision.removeAlias(options.as)
            },
          ),
      ),
    )
  models
    .command('annotate <version> <note>')
    .description('add a note to a version')
    .option('--json', 'print as JSON')
    .action(
      runCommand((config, text: string, note: string, options: Common) =>
        decide(
          config,
          { ...options, reason: note },
          (state) => findVersion(state.registry, text),
          (decision, { version }) => decision.annotate(version),
        ),
      ),
    )
}

type State = Parameters<Parameters<typeof withRegistry>[1]>[1]

/** Finds the version, lets the decision be made by the one writer of its model, and tells what came of it. */
function decide(
  config: Config,
  options: Common,
  find: (state: State) => ModelVersion,
  work: (decision: RegistryDecision, version: ModelVersion) => void,
): Promise<void> {
  return withRegistry(config, async (connection, before) => {
    const { modelName } = find(before)
    const decidedAtMs = Date.now()
    const done = await changeRegistry(connection, modelName, (state) => {
      const version = find(state)
      const decision = new RegistryDecision(state, modelName, {
        actor: userInfo().username,
        reason: options.reason ?? '',
        decidedAtMs,
        eventTimeMs: Math.max(
          ...versionsOf(state.registry, modelName).map((each) => each.trainedUntilMs),
        ),
      })
      work(decision, version)
      return decision
    })
    const told = done.events.map((event, offset) => ({ event, timestampMs: decidedAtMs, offset }))
    print(options, done.events, () =>
      told.length === 0
        ? [`${modelName}: nothing to change`]
        : told.map((each) => `${modelName} ${eventLine(each)}`),
    )
  })
}

function anyVersion(versions: readonly ModelVersion[]): ModelVersion {
  const [first] = versions
  if (first === undefined) throw new Error('A model without versions')
  return first
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('A number between 0 and 1 is needed.')
  return value
}

function print(options: Common, value: unknown, lines: () => readonly string[]): void {
  const text = options.json === true ? JSON.stringify(value, null, 2) : lines().join('\n')
  process.stdout.write(`${text}\n`)
}
