/** `candlewire features list | compute | check-lookahead`: what can be computed, and doing so without a broker. */
import type { Command } from 'commander'
import { EVERYTHING, featureSet, type FeatureSet } from '../../processors/features/feature-sets.ts'
import { STREAM_FEATURE_SET } from '../../processors/features/features-processor.ts'
import { featureSpec } from '../../processors/features/registry.ts'
import { backfillCommand, type BackfillCommandOptions } from '../backfill-features.ts'
import { checkLookaheadCommand, type CheckLookaheadOptions } from '../check-lookahead.ts'
import { computeFeatures, type ComputeOptions } from '../compute-features.ts'
import { runCommand } from '../run-command.ts'

const CHECK_HELP = `
Every bar is computed once with what came after it and once with other futures: candles changed,
left out, inserted or moved, other volumes, quotes and articles. What was known before must be equal
to the last bit. Then the computation is started at many candles: "first value" and "needed" are bars
from such a start to the first value, and to the bar from which on the value agrees with the long run
to 1e-9 (or of its usual size); "warm-up" and "settled" are what the feature declares. Averages that
fade are counted in candles, features of the session in bars since its start.

--json writes {bars, cuts, starts, everyBar, seed, features: [{feature, points, leaks, verdict: "ok" |
"leak" | "warm-up" | "unchecked", firstLeak: {what, openTimeMs, expected, got} | null, warmupBars,
firstValueBar, neededBars, settledBars, settles, warmupFault}]}.

Exit codes: 0 nothing found; 1 a leak, a wrong warm-up or a feature without a value, or the input
cannot be used; 2 wrong usage.`

const BACKFILL_HELP = `
Every published vector is made again from candles.v1 and sentiment.v1 with the articles it knew. What
it was published with must come out to the last bit: the first difference refuses everything (exit
code 1). Then the rows in ClickHouse get the features they lack; the processor and the sink go on
meanwhile. Kafka is not written. It can be stopped and run again at any time: complete rows are left.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

export function register(program: Command): void {
  const features = program
    .command('features')
    .description('list features, compute them offline, check that none of them looks ahead')
  features
    .command('check-lookahead')
    .description('check that no feature knows the future or needs more history than it says')
    .requiredOption('--candles <file>', 'candles, any known layout; at most 200,000 are read')
    .option('--news <file>', 'articles, any known layout; without some are made up')
    .option('--feature <name>', 'only this one; may be repeated', repeated)
    .option('--set <name>', 'feature set', STREAM_FEATURE_SET)
    .option('--instrument <name>', 'instrument name (default: INSTRUMENT)')
    .option('--points <n>', 'places to cut, half of them where code has special cases', '200')
    .option('--seed <n>', 'seed of everything random', '1')
    .option('--json', 'as JSON')
    .addHelpText('after', CHECK_HELP)
    .action(runCommand((_config, options: CheckLookaheadOptions) => checkLookaheadCommand(options)))
  features
    .command('list')
    .description('every feature with unit, range, warm-up, source, null rule and inputs')
    .option('--set <name>', 'feature set', EVERYTHING.name)
    .option('--json', 'as a JSON array')
    .action(
      runCommand((_config, options: { set: string; json?: true }) =>
        Promise.resolve(list(featureSet(options.set), options.json === true)),
      ),
    )
  features
    .command('backfill')
    .description('fill in the history of new features in ClickHouse, while the stream goes on')
    .option('--instrument <name>', 'this instrument alone')
    .option('--from <time>', 'first event time (ISO 8601, UTC)')
    .option('--to <time>', 'last event time')
    .option('--feature <name>', 'only this one; may be repeated', repeated)
    .option('--json', 'the result as JSON')
    .addHelpText('after', BACKFILL_HELP)
    .action(
      runCommand((config, options: BackfillCommandOptions) => backfillCommand(config, options)),
    )
  features
    .command('compute')
    .description('compute the features of a candle file, without a broker')
    .requiredOption('--candles <file>', 'candles, any known layout, gzip or plain')
    .requiredOption(
      '--out <file>',
      'Parquet, or CSV or JSON lines if it ends in .csv or .ndjson; - writes CSV to standard output',
    )
    .option('--news <file>', 'articles, any known layout; repeats are left out, the others scored')
    .option('--sentiment <file>', 'scored articles instead: JSON lines, fields of sentiment.avsc')
    .option('--instrument <name>', 'instrument name (default: INSTRUMENT)')
    .option('--set <name>', 'feature set (default: market-76, with articles every feature)')
    .option('--max-fill-minutes <n>', 'longest gap that is filled (default: MAX_FILL_MINUTES)')
    .option('--session-zone <zone>', 'IANA zone of the session start (default: SESSION_ZONE)')
    .option(
      '--session-start <HH:MM>',
      'local time at which a session starts (default: SESSION_START)',
    )
    .option('--json', 'the counts as JSON on stdout; not with --out -')
    .action(runCommand((_config, options: ComputeOptions) => computeFeatures(options)))
}

function list(set: FeatureSet, asJson: boolean): void {
  const specs = set.features.map(featureSpec)
  if (asJson) {
    process.stdout.write(JSON.stringify(specs, null, 2) + '\n')
    return
  }
  const rows = specs.map((spec) => [
    spec.name,
    `v${spec.version}`,
    spec.unit,
    spec.range,
    `${spec.warmupBars}`,
    spec.source,
    spec.nullRule,
    spec.inputs.join(' '),
  ])
  const table = [
    ['feature', 'version', 'unit', 'range', 'bars', 'source', 'null once warm', 'inputs'],
    ...rows,
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  for (const row of table)
    process.stdout.write(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd() + '\n',
    )
  process.stderr.write(`${set.name}: ${specs.length} features, fingerprint ${set.fingerprint}\n`)
}
