/** `candlewire features list | compute`: what can be computed, and computing it without a broker. */
import type { Command } from 'commander'
import { EVERYTHING, featureSet, type FeatureSet } from '../../processors/features/feature-sets.ts'
import { featureSpec } from '../../processors/features/registry.ts'
import { computeFeatures, type ComputeOptions } from '../compute-features.ts'
import { runCommand } from '../run-command.ts'

export function register(program: Command): void {
  const features = program.command('features').description('list features, or compute them offline')
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
    .command('compute')
    .description('compute the features of a candle file, without a broker')
    .requiredOption('--candles <file>', 'candles, any known layout, gzip or plain')
    .requiredOption('--out <file>', 'ending in .csv or .ndjson; - writes CSV to standard output')
    .option('--instrument <name>', 'instrument name (default: INSTRUMENT)')
    .option('--set <name>', 'feature set', 'market-76')
    .option('--max-fill-minutes <n>', 'longest gap that is filled (default: MAX_FILL_MINUTES)')
    .option('--session-zone <zone>', 'IANA zone of the session start (default: SESSION_ZONE)')
    .option(
      '--session-start <HH:MM>',
      'local time at which a session starts (default: SESSION_START)',
    )
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
