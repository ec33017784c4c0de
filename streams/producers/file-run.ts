/** One run over a file: rows in, records, dead letters and cursors out. */
import { basename } from 'node:path'
import type { DeadLetter, SourceCursor } from '../../schemas/generated.ts'
import type { LinePlace } from '../sources/line-framer.ts'
import type { SourceRow } from '../sources/row-assembler.ts'
import { deadLettersTopic, type AnyTopic } from '../topics.ts'
import { FaultCounts } from './fault-counts.ts'
import type { FileInput } from './file-input.ts'
import type { OpenInput } from './input-at-cursor.ts'
import { Pacer } from './pace.ts'
import type { ProduceOptions, ProduceResult } from './produce-options.ts'
import type { SourceWriter } from './source-writer.ts'

export interface FileRunSetup {
  readonly input: FileInput
  readonly topic: AnyTopic
  readonly sourceId: string
  readonly open: OpenInput
  readonly options: ProduceOptions
}

/** Counts, paces and commits the rows of one file. */
export class FileRun {
  private readonly writer: SourceWriter
  private readonly setup: FileRunSetup
  private readonly before: Pick<SourceCursor, 'produced' | 'deadLettered' | 'eventTimeMs'>
  private readonly pacer: Pacer
  private readonly faults = new FaultCounts()
  private place: LinePlace
  private produced = 0
  private deadLettered = 0
  private skipped = 0
  private lastEventTimeMs: number
  private finished = false

  constructor(writer: SourceWriter, setup: FileRunSetup, resumedFrom: SourceCursor | undefined) {
    this.writer = writer
    this.setup = setup
    this.before = resumedFrom ?? { produced: 0, deadLettered: 0, eventTimeMs: 0 }
    this.pacer = new Pacer(setup.options.speed ?? 'max')
    this.place = setup.open.from
    this.lastEventTimeMs = this.before.eventTimeMs
  }

  /** Whatever ends the input, an error in the file included, what was read of it is committed. */
  async rows(batches: AsyncGenerator<SourceRow<unknown>[]>): Promise<void> {
    const failures: unknown[] = []
    const reading = (async function* () {
      try {
        yield* batches
      } catch (thrown) {
        failures.push(thrown)
      }
    })()
    for await (const batch of reading) {
      if (!(await this.batch(batch))) return this.commit()
    }
    await this.commit()
    if (failures.length > 0) throw failures[0]
    this.finished = true
  }

  /** @returns whether to read on */
  private async batch(rows: readonly SourceRow<unknown>[]): Promise<boolean> {
    for (const row of rows) {
      if (this.isStopped()) return false
      if (row.kind === 'value') {
        if (!(await this.due(this.setup.topic.eventTimeMsOf(row.value)))) return false
        await this.writer.add(this.setup.topic, row.value)
        this.produced += 1
        this.lastEventTimeMs = Math.max(
          this.lastEventTimeMs,
          this.setup.topic.eventTimeMsOf(row.value),
        )
      } else if (row.kind === 'fault') {
        await this.writer.add(deadLettersTopic, this.deadLetterOf(row))
        this.deadLettered += 1
        this.faults.add(row.fault.code, row.fault.cause)
      } else {
        this.skipped += 1
      }
      this.place = row.place
      if (this.writer.isFull) await this.commit()
    }
    return true
  }

  private isStopped(): boolean {
    const { signal, stopAfterRows = Infinity } = this.setup.options
    return signal?.aborted === true || this.rowCount() >= stopAfterRows
  }

  /** Before it waits, what is there already is committed: a paced reader must see it on time. */
  private async due(eventTimeMs: number): Promise<boolean> {
    const { signal } = this.setup.options
    if (this.pacer.waitMs(eventTimeMs) === 0) return true
    await this.commit()
    await this.pacer.wait(eventTimeMs, signal)
    return signal?.aborted !== true
  }

  private rowCount(): number {
    return this.before.produced + this.before.deadLettered + this.produced + this.deadLettered
  }

  private async commit(): Promise<void> {
    if (this.writer.uncommitted === 0) return
    await this.writer.commit({
      sourceId: this.setup.sourceId,
      eventTimeMs: this.lastEventTimeMs,
      bytesRead: this.place.bytesRead,
      linesRead: this.place.linesRead,
      prefixSha256: this.setup.open.digest.digestAt(this.place.bytesRead),
      produced: this.before.produced + this.produced,
      deadLettered: this.before.deadLettered + this.deadLettered,
      polling: null,
    })
    const { produced, deadLettered } = this.result()
    this.setup.options.onProgress?.({
      rows: this.rowCount(),
      produced,
      deadLettered,
      bytes: this.place.bytesRead,
    })
  }

  private deadLetterOf(row: SourceRow<unknown> & { kind: 'fault' }): DeadLetter {
    return {
      sourceTopic: this.setup.topic.name,
      sourcePartition: null,
      sourceOffset: null,
      sourceFile: basename(this.setup.input.path),
      sourceLine: row.line,
      eventTimeMs: 0,
      code: row.fault.code,
      cause: row.fault.cause,
      schemaId: null,
      originalKey: Buffer.from(this.setup.input.instrument),
      originalBytes: row.bytes,
      conflictingBytes: null,
    }
  }

  result(): ProduceResult {
    return {
      produced: this.before.produced + this.produced,
      deadLettered: this.before.deadLettered + this.deadLettered,
      producedThisRun: this.produced,
      deadLetteredThisRun: this.deadLettered,
      skipped: this.skipped,
      faults: this.faults.byCause(),
      resumed: this.setup.open.resumed,
      replaced: this.setup.open.replaced,
      finished: this.finished,
      lastEventTimeMs: this.lastEventTimeMs,
    }
  }
}
