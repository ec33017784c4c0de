/** Folds model-versions.v1 into the registry: its whole history first, then every new record. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  applyEntry,
  emptyModelRegistry,
  type ModelRegistry,
} from '../../processors/models/model-registry.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { modelVersionsTopic } from '../../streams/topics.ts'
import { compactVersion } from './compact-version.ts'

export interface RegistrySource {
  readonly reader: Pick<PartitionReader, 'read' | 'follow' | 'endOffset' | 'beginningOffset'>
  readonly codecs: Codecs
  readonly logger: Logger
}

const PARTITION = 0
const RETRY_MS = 1_000

export class RegistryFollower {
  readonly registry: ModelRegistry = emptyModelRegistry()
  private readonly source: RegistrySource
  private readonly changed: () => void
  /** Next offset to fold. */
  private position: number | undefined

  /** @param changed is called when the history is folded, and after every later batch. */
  constructor(source: RegistrySource, changed: () => void) {
    this.source = source
    this.changed = changed
  }

  /** Folds until the signal aborts; after a failure it goes on where it was. */
  async run(signal: AbortSignal): Promise<void> {
    const { reader, logger } = this.source
    const topic = modelVersionsTopic.name
    while (!signal.aborted) {
      try {
        this.position ??= await reader.beginningOffset(topic, PARTITION)
        const end = await reader.endOffset(topic, PARTITION)
        for await (const records of reader.read(topic, PARTITION, this.position, end))
          await this.fold(records)
        this.changed()
        for await (const records of reader.follow(
          topic,
          PARTITION,
          Math.max(this.position, end),
          signal,
        )) {
          await this.fold(records)
          this.changed()
        }
      } catch (thrown) {
        logger.warn(
          { position: this.position, cause: messageOf(thrown) },
          'Following the model versions failed and goes on',
        )
        const isGone = thrown instanceof CandlewireError && thrown.code === 'OFFSET_OUT_OF_RANGE'
        if (isGone) this.position = undefined
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  private async fold(records: readonly RawRecord[]): Promise<void> {
    const codec = this.source.codecs.of(modelVersionsTopic)
    for (const record of records) {
      if (record.value === null) {
        this.registry.versions.delete(String(record.key))
        this.registry.aliases.delete(String(record.key))
        this.position = record.offset + 1
        continue
      }
      try {
        await codec.prepare(record.value)
        const entry = codec.decode(record.value)
        const version = entry.version === null ? null : compactVersion(entry.version)
        applyEntry(this.registry, { ...entry, version })
        this.position = record.offset + 1
      } catch (thrown) {
        if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
        this.source.logger.error(
          { offset: record.offset, cause: messageOf(thrown) },
          'A model version record is unreadable and left out',
        )
      }
    }
  }
}
