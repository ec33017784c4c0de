/** `candlewire drift report`: the newest verdict, its history and what it means for the model, as one file. */
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { driftReportPage } from '../../processors/drift/report/drift-report-page.ts'
import { readModelRegistry } from '../../processors/models/read-registry.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import type { Config } from '../../streams/config.ts'
import { readDriftReport } from '../drift-report.ts'
import { withRegistry } from '../models/open-registry.ts'
import { runCommand } from '../run-command.ts'

interface ReportOptions {
  readonly out: string
  readonly instrument?: string
  readonly json?: true
}

export function register(program: Command): void {
  const drift = program.command('drift').description('drift of the inputs of the live model')
  drift
    .command('report')
    .description('write a report as one HTML file')
    .requiredOption('--out <file>', 'file to write')
    .option('--instrument <name>', 'instrument (default: INSTRUMENT)')
    .option('--json', 'the data as JSON instead of HTML')
    .action(
      runCommand(async (config, options: ReportOptions) => {
        const data = await readOnce(config, options.instrument ?? config.instrument)
        const text = options.json === true ? JSON.stringify(data, null, 2) : driftReportPage(data)
        await writeFile(options.out, text)
        process.stdout.write(`${options.out}: ${data.verdicts.length} verdicts\n`)
      }),
    )
}

async function readOnce(config: Config, instrument: string) {
  const clickhouse = new ClickHouse(config)
  try {
    return await withRegistry(config, async ({ reader, codecs }) =>
      readDriftReport(clickhouse, instrument, await readModelRegistry(reader, codecs)),
    )
  } finally {
    await clickhouse.close()
  }
}
