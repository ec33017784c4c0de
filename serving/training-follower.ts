/** Follows the requests and runs of training into a ledger of bounded size, for `/status` and `/runs`. */
import { RunLedger } from '../processors/runs/run-ledger.ts'
import type { TrainingRequest } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import { trainingRequestsTopic, trainingRunsTopic } from '../streams/topics.ts'
import { decoded, TopicTail, type Reader } from './live/topic-tail.ts'

/** Ended runs that are remembered: 2 KB each. */
const RUNS_KEPT = 1_000
/** A run writes a record every five seconds while it works: enough for the newest 1,000 runs. */
const BACKLOG = 200_000

export class TrainingFollower {
  readonly ledger = new RunLedger(RUNS_KEPT)
  private readonly tails: readonly TopicTail[]

  constructor(reader: Reader, codecs: Codecs, logger: Logger) {
    const requests = decoded(codecs.of(trainingRequestsTopic), logger, (request) =>
      this.ledger.applyRequest(request),
    )
    const runs = decoded(codecs.of(trainingRunsTopic), logger, (run) => this.ledger.applyRun(run))
    this.tails = [
      new TopicTail({
        ...{ reader, logger, backlog: BACKLOG },
        ...{ topic: trainingRequestsTopic.name, handle: requests },
      }),
      new TopicTail({
        ...{ reader, logger, backlog: BACKLOG },
        ...{ topic: trainingRunsTopic.name, handle: runs },
      }),
    ]
  }

  async start(): Promise<void> {
    for (const tail of this.tails) await tail.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.tails.map((tail) => tail.stop()))
  }

  /** What this server has just published itself, before it comes back. */
  accepted(request: TrainingRequest): void {
    this.ledger.applyRequest(request)
  }
}
