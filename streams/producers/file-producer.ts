/**
 * Produces a file into its topic exactly once, however often it is interrupted and started again.
 *
 * Rows, dead letters of bad rows and the cursor behind them are one transaction (`source-writer.ts`).
 * The cursor says how many bytes of the file are in Kafka and what their digest is, so the same file
 * again produces nothing, a file that grew is continued, and a kill at any moment loses and doubles
 * nothing. Duplicates inside a file are not judged here: the features processor does that.
 */
import { sourceIdOf, type FileInput } from './file-input.ts'
import { produceFiles } from './file-series.ts'
import type { ProduceOptions, ProducerDeps, ProduceResult } from './produce-options.ts'

/** @throws CandlewireError FORMAT_UNKNOWN, FILE_UNREADABLE (after what was readable is committed), BROKER_FAILED, FENCED */
export const produceFile = (
  deps: ProducerDeps,
  input: FileInput,
  options: ProduceOptions = {},
): Promise<ProduceResult> => produceFiles(deps, { id: sourceIdOf(input), inputs: [input] }, options)
