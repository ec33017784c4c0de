/** `candlewire datasets list|get`: the public data sets that are known by name, and their files here. */
import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { monthsOf, readCatalogue, type Dataset } from '../../streams/datasets/catalogue.ts'
import { pathOf } from '../../streams/datasets/dataset-files.ts'
import { abortOnSignal, EXIT_INTERRUPTED } from '../abort-on-signal.ts'
import { cataloguePath, fetchNamed } from '../dataset-series.ts'
import { runCommand } from '../run-command.ts'

const HELP = `
Files are fetched from their publishers into CANDLEWIRE_CACHE_DIR, verified, and kept. The same command
again fetches what is missing; one that was interrupted goes on inside the file.
Then: candlewire produce candles --dataset NAME, or candlewire start --dataset NAME.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

interface Given {
  readonly from?: string
  readonly to?: string
  readonly catalogue?: string
  readonly json?: true
}

export function register(program: Command): void {
  const datasets = program
    .command('datasets')
    .description('public market data by name')
    .addHelpText('after', HELP)
  datasets
    .command('list')
    .description('what there is, under which terms, and what of it is here')
    .option('--catalogue <file>', 'another list of data sets (default: data/datasets.json)')
    .option('--json', 'as JSON')
    .action(runCommand(list))
  datasets
    .command('get <name>')
    .description('fetch the files of a data set')
    .option('--from <month>', 'first month, as 2024-02 (default: the first there is)')
    .option('--to <month>', 'last month (default: the last there is)')
    .option('--catalogue <file>', 'another list of data sets (default: data/datasets.json)')
    .option('--json', 'print the files as JSON')
    .action(runCommand(get))
}

async function list(config: Config, given: Given): Promise<void> {
  const datasets = await readCatalogue(cataloguePath(given.catalogue))
  const rows = datasets.map((dataset) => ({ dataset, ...hereOf(config, dataset) }))
  process.stdout.write(
    given.json === true
      ? `${JSON.stringify(rows.map(({ dataset, ...counts }) => ({ ...dataset, ...counts })))}\n`
      : rows.map(described).join('\n'),
  )
}

function hereOf(config: Config, dataset: Dataset): { months: number; here: number; last: string } {
  const months = monthsOf(dataset, {}, Date.now())
  const cacheDir = resolve(config.cacheDir)
  const here = months.filter((month) => existsSync(pathOf(cacheDir, dataset, month))).length
  return { months: months.length, here, last: months.at(-1) ?? dataset.from }
}

const described = ({
  dataset: { name, title, instrument, from, layout, home, terms },
  months,
  here,
  last,
}: ReturnType<typeof hereOf> & { dataset: Dataset }): string =>
  [
    name,
    `  ${title}`,
    `  instrument  ${instrument}`,
    `  months      ${from} to ${last}, ${here} of ${months} here`,
    `  layout      ${layout}`,
    `  home        ${home}`,
    `  terms       ${terms}`,
    '',
  ].join('\n')

async function get(config: Config, name: string, given: Given): Promise<number> {
  const signal = abortOnSignal()
  try {
    const { files } = await fetchNamed(config, { name, ...given }, signal)
    const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
    const fetched = files.filter((file) => file.fetched).length
    process.stdout.write(
      given.json === true
        ? `${JSON.stringify(files)}\n`
        : `${name}: ${files.length} files, ${files[0]?.month} to ${files.at(-1)?.month}, ${megabytes.toFixed(1)} MB ` +
            `(${fetched} fetched now), in ${resolve(config.cacheDir, name)}\n`,
    )
    return 0
  } catch (thrown) {
    if (signal.aborted) return EXIT_INTERRUPTED
    throw thrown
  }
}
