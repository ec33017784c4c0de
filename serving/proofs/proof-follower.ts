/** Follows `proofs.v1` into a board. A record without a value takes the proof of its key back. */
import type { Codecs } from '../../streams/codec.ts'
import type { Logger } from '../../streams/log.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { proofsTopic } from '../../streams/topics.ts'
import { decoded, TopicTail, type Reader } from '../live/topic-tail.ts'
import { ProofBoard } from './proof-board.ts'

/** The topic is compacted: what of it is older has been replaced, or soon will be. */
const BACKLOG = 20_000

export class ProofFollower {
  readonly board = new ProofBoard()
  private readonly tail: TopicTail

  constructor(reader: Reader, codecs: Codecs, logger: Logger) {
    const take = decoded(codecs.of(proofsTopic), logger, (proof) => this.board.take(proof))
    const handle = (record: RawRecord) =>
      record.value === null ? this.board.takeBack(String(record.key)) : take(record)
    this.tail = new TopicTail({ reader, topic: proofsTopic.name, backlog: BACKLOG, handle, logger })
  }

  start(): Promise<void> {
    return this.tail.start()
  }

  stop(): Promise<void> {
    return this.tail.stop()
  }
}
