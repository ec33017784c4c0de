/** What a sink does with one partition, and how it reports back to its group. */
import type { RawRecord } from '../../streams/partition-reader.ts'

/** One partition of one topic on its way into a store. */
export interface PartitionSink {
  /** Asks the store for the newest offset it holds of this partition; waits for the store. */
  storedThrough(): Promise<number | undefined>
  /** Takes records over, in order; repeated ones are ignored. Resolves when there is room for more. */
  write(records: readonly RawRecord[]): Promise<void>
  /** Told that everything below `offset` was handed over, markers and gaps included. */
  reached(offset: number): void
  /** Event time of the newest record taken over, in the order of the log; undefined before the first. */
  readonly eventTimeMs: number | undefined
  /** Ends the work. @param rest 'store' tries to write what is held, 'drop' forgets it. */
  close(rest: 'store' | 'drop'): Promise<void>
}

/** How a partition sink reports back. */
export interface PartitionEvents {
  /** Everything below `nextOffset` is dealt with; the store holds rows up to `storedThrough`. */
  stored(nextOffset: number, storedThrough: number | undefined): void
  /** The store lost what it held: read the partition again from where the store stands now. */
  lost(): void
  failed(error: unknown): void
}
