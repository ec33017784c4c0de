/**
 * Produces files one after another as one input: the months of a data set. Each file has a cursor of
 * its own (`file-producer.ts`), so a series that was interrupted, or that has got more months, goes on
 * where it is; one writer serves all of them, and a newer run of the same series fences it.
 */
import { basename } from 'node:path'
import type { SourceCursor } from '../../schemas/generated.ts'
import { CandlewireError } from '../errors.ts'
import { readRows } from '../sources/row-reader.ts'
import { candlesTopic } from '../topics.ts'
import { fileKindOf, sourceIdOf, type FileInput } from './file-input.ts'
import { FileRun } from './file-run.ts'
import { openAtCursor } from './input-at-cursor.ts'
import type { ProduceOptions, ProducerDeps, ProduceResult } from './produce-options.ts'
import { readCursors } from './source-cursor.ts'
import { SourceWriter } from './source-writer.ts'

export interface FileSeries {
  /** Names the series among all sources. */
  readonly id: string
  /** In the order of their time. */
  readonly inputs: readonly FileInput[]
  /** All files the series may ever have, in the order of their time; with it, none may come after a later one. */
  readonly order?: readonly FileInput[]
}

/** @throws CandlewireError OPTION_INVALID if a file is earlier than what is in Kafka, and as `produceFile` */
export async function produceFiles(
  deps: ProducerDeps,
  { id, inputs, order = [] }: FileSeries,
  options: ProduceOptions = {},
): Promise<ProduceResult> {
  const writer = new SourceWriter(deps, id)
  try {
    await writer.connect()
    const cursors = await readCursors(deps, [...inputs, ...order].map(sourceIdOf))
    refuseEarlier(inputs, order, cursors)
    let sum: ProduceResult | undefined
    for (const input of inputs) {
      const result = await produceOne(deps, writer, input, cursors.get(sourceIdOf(input)), {
        ...options,
        ...behind(sum, options),
      })
      sum = sum === undefined ? result : added(sum, result)
      if (!result.finished) break
    }
    return sum ?? NOTHING_PRODUCED
  } finally {
    await writer.close()
  }
}

async function produceOne(
  deps: ProducerDeps,
  writer: SourceWriter,
  input: FileInput,
  cursor: SourceCursor | undefined,
  options: ProduceOptions,
): Promise<ProduceResult> {
  const { topic, layout } = await fileKindOf(input)
  const sourceId = sourceIdOf(input)
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
}

/** A file of an earlier time would be refused candle by candle, as late: say so before. */
function refuseEarlier(
  inputs: readonly FileInput[],
  order: readonly FileInput[],
  cursors: ReadonlyMap<string, SourceCursor>,
): void {
  const isProduced = (input: FileInput) => cursors.has(sourceIdOf(input))
  const newest = order.findLastIndex(isProduced)
  const isEarlier = new Set(order.slice(0, Math.max(0, newest)).map(sourceIdOf))
  const [first] = inputs.filter((input) => !isProduced(input) && isEarlier.has(sourceIdOf(input)))
  const last = order[newest]
  if (first === undefined || last === undefined) return
  throw new CandlewireError(
    'OPTION_INVALID',
    `${basename(first.path)} comes before ${basename(last.path)}, which is in ${candlesTopic.name} already: its candles would be late. ` +
      'Name another --instrument, or start with an empty data directory',
  )
}

/** Rows are counted over the whole series. */
function behind(sum: ProduceResult | undefined, options: ProduceOptions): ProduceOptions {
  const before = sum ?? NOTHING_PRODUCED
  const rows = before.produced + before.deadLettered
  const { stopAfterRows, onProgress } = options
  return {
    ...(stopAfterRows === undefined ? {} : { stopAfterRows: stopAfterRows - rows }),
    ...(onProgress === undefined
      ? {}
      : {
          onProgress: (progress) =>
            onProgress({
              ...progress,
              rows: rows + progress.rows,
              produced: before.produced + progress.produced,
              deadLettered: before.deadLettered + progress.deadLettered,
            }),
        }),
  }
}

const NOTHING_PRODUCED: ProduceResult = {
  produced: 0,
  deadLettered: 0,
  producedThisRun: 0,
  deadLetteredThisRun: 0,
  skipped: 0,
  faults: {},
  resumed: false,
  replaced: false,
  finished: true,
  lastEventTimeMs: 0,
}

function added(a: ProduceResult, b: ProduceResult): ProduceResult {
  const faults: Record<string, number> = { ...a.faults }
  for (const [cause, times] of Object.entries(b.faults))
    faults[cause] = (faults[cause] ?? 0) + times
  return {
    produced: a.produced + b.produced,
    deadLettered: a.deadLettered + b.deadLettered,
    producedThisRun: a.producedThisRun + b.producedThisRun,
    deadLetteredThisRun: a.deadLetteredThisRun + b.deadLetteredThisRun,
    skipped: a.skipped + b.skipped,
    faults,
    resumed: a.resumed || b.resumed,
    replaced: a.replaced || b.replaced,
    finished: b.finished,
    lastEventTimeMs: Math.max(a.lastEventTimeMs, b.lastEventTimeMs),
  }
}
