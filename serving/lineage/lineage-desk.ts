/** What the lineage route asks: where a prediction came from, read from Kafka, a few questions at a time. */
import type { ModelRegistry } from '../../processors/models/model-registry.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { LogClients } from './find-record.ts'
import { lineageJson, predictionLineage } from './prediction-lineage.ts'

export interface LineageDesk {
  /** @throws CandlewireError OPTION_INVALID, NOT_FOUND, OVERLOADED, BROKER_FAILED */
  of(predictionId: string): Promise<object>
}

/** Every question reads from the broker; more than this at once would take it from the scorer. */
const QUESTIONS_MAX = 4
/** The broker's index of times leads to the record; farther away than this it is not looked for. */
const RECORDS_MAX = 200_000

export class KafkaLineage implements LineageDesk {
  private readonly clients: LogClients
  private readonly registry: ModelRegistry
  private connecting: Promise<void> | undefined
  private questions = 0

  constructor(clients: LogClients, registry: ModelRegistry) {
    this.clients = clients
    this.registry = registry
  }

  async of(predictionId: string): Promise<object> {
    if (this.questions >= QUESTIONS_MAX)
      throw new CandlewireError(
        'OVERLOADED',
        `${QUESTIONS_MAX} questions about lineage are being answered`,
      )
    this.questions += 1
    try {
      await this.connected()
      return lineageJson(
        await predictionLineage(this.clients, this.registry, predictionId, RECORDS_MAX),
      )
    } finally {
      this.questions -= 1
    }
  }

  async close(): Promise<void> {
    if (this.connecting !== undefined) await this.clients.admin.disconnect()
  }

  /** With the first question; after a failure with the next. */
  private connected(): Promise<void> {
    this.connecting ??= this.clients.admin.connect().catch((thrown: unknown) => {
      this.connecting = undefined
      throw new CandlewireError('BROKER_FAILED', 'The broker does not answer', { cause: thrown })
    })
    return this.connecting
  }
}
