/**
 * Whether the broker answers. Readiness must not cost a broker request each time somebody asks, so
 * the broker is asked now and then and the last answer is kept.
 */
import { messageOf } from '../streams/errors.ts'
import type { PartitionReader } from '../streams/partition-reader.ts'
import { modelVersionsTopic } from '../streams/topics.ts'
import type { ComponentState } from './http/dependencies.ts'

const ASK_EVERY_MS = 5_000

export class BrokerWatch {
  state: ComponentState = { name: 'kafka', ok: false, detail: 'not connected yet' }
  private readonly reader: Pick<PartitionReader, 'endOffset'>
  private timer: NodeJS.Timeout | undefined

  constructor(reader: Pick<PartitionReader, 'endOffset'>) {
    this.reader = reader
  }

  /** Resolves with the first answer known. */
  async start(): Promise<void> {
    await this.ask()
    this.timer = setInterval(() => void this.ask(), ASK_EVERY_MS)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private async ask(): Promise<void> {
    try {
      await this.reader.endOffset(modelVersionsTopic.name, 0)
      this.state = { name: 'kafka', ok: true, detail: 'answers' }
    } catch (thrown) {
      this.state = { name: 'kafka', ok: false, detail: messageOf(thrown) }
    }
  }
}
