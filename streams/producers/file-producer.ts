/**
 * Produces a file into its topic exactly once, however often it is interrupted and started again.
 *
 * Rows, dead letters of bad rows and the cursor behind them are one transaction (`source-writer.ts`).
 * The cursor says how many bytes of the file are in Kafka and what their digest is, so the same file
 * again produces nothing, a file that grew is continued, and a kill at any moment loses and doubles
 * nothing. Duplicates inside a file are not judged here: the features processor does that.
 */
import { basename } from 'node:path'
import { readRows } from '../sources/row-reader.ts'
import type { AnyTopic } from '../topics.ts'
import { fileKindOf, type FileInput } from './file-input.ts'
import { FileRun } from './file-run.ts'
import { openAtCursor } from './input-at-cursor.ts'
import type { ProduceOptions, ProducerDeps, ProduceResult } from './produce-options.ts'
import { readCursor } from './source-cursor.ts'
import { SourceWriter } from './source-writer.ts'

export const sourceIdOf = (input: FileInput, topic: AnyTopic): string =>
  `${topic.name}|${input.instrument}|${basename(input.path)}`

/** @throws CandlewireError FORMAT_UNKNOWN, FILE_UNREADABLE (after what was readable is committed), BROKER_FAILED, FENCED */
export async function produceFile(
  deps: ProducerDeps,
  input: FileInput,
  options: ProduceOptions = {},
): Promise<ProduceResult> {
  const { topic, layout } = await fileKindOf(input)
  const sourceId = sourceIdOf(input, topic)
  const writer = new SourceWriter(deps, sourceId)
  try {
    await writer.connect()
    const cursor = await readCursor(deps, sourceId)
    const open = await openAtCursor(input.path, cursor)
    const resumedFrom = open.resumed ? cursor : undefined
    if (cursor !== undefined) {
      deps.logger.info(
        { sourceId, produced: cursor.produced, deadLettered: cursor.deadLettered },
        open.resumed
          ? 'Input goes on where it was left'
          : 'Input is not the one read before under this name and is produced anew',
      )
    }
    const run = new FileRun(writer, { input, topic, sourceId, open, options }, resumedFrom)
    await run.rows(
      readRows(open.bytes, layout, open.from, open.insideLine && layout.framing === 'lines'),
    )
    return run.result()
  } finally {
    await writer.close()
  }
}
