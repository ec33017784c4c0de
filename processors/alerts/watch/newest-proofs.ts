/** The newest proof of every kind and scope in proofs.v1, read on from look to look. */
import type { Proof } from '../../../schemas/generated.ts'
import type { Codecs } from '../../../streams/codec.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import { proofsTopic } from '../../../streams/topics.ts'

const PARTITION = 0
/** Kinds of proofs times scopes; more are not watched. */
const PROOFS_MAX = 10_000

export class NewestProofs {
  private readonly reader: Pick<PartitionReader, 'read' | 'endOffset' | 'beginningOffset'>
  private readonly codecs: Codecs
  private next = 0
  /** By key, `proof/scope`. A record without a value takes a proof back. */
  readonly newest = new Map<string, Proof>()

  constructor(reader: NewestProofs['reader'], codecs: Codecs) {
    this.reader = reader
    this.codecs = codecs
  }

  async look(): Promise<void> {
    const { reader } = this
    const { name } = proofsTopic
    const codec = this.codecs.of(proofsTopic)
    const end = await reader.endOffset(name, PARTITION)
    const from = Math.max(this.next, await reader.beginningOffset(name, PARTITION))
    for await (const batch of reader.read(name, PARTITION, from, end))
      for (const { key, value, offset } of batch) {
        if (value === null) this.newest.delete(String(key))
        else {
          await codec.prepare(value)
          this.take(codec.decode(value))
        }
        this.next = offset + 1
      }
    this.next = Math.max(this.next, end)
  }

  private take(proof: Proof): void {
    const key = proofsTopic.keyOf(proof)
    if (this.newest.has(key) || this.newest.size < PROOFS_MAX) this.newest.set(key, proof)
  }
}
