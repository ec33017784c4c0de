/** The newest proof of every kind and scope, as `proofs.v1` has them at the call. */
import type { Proof } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { decidedEnd } from '../../streams/decided.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { proofsTopic } from '../../streams/topics.ts'

const PARTITION = 0

/** By key, `proof/scope`. A record without a value takes a proof back. */
export async function readProofs(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<ReadonlyMap<string, Proof>> {
  const codec = codecs.of(proofsTopic)
  const newest = new Map<string, Proof>()
  const from = await reader.beginningOffset(proofsTopic.name, PARTITION)
  const to = await decidedEnd(reader, proofsTopic.name, PARTITION)
  for await (const records of reader.read(proofsTopic.name, PARTITION, from, to)) {
    for (const { key, value } of records) {
      if (value === null) {
        newest.delete(String(key))
        continue
      }
      await codec.prepare(value)
      newest.set(String(key), codec.decode(value))
    }
  }
  return newest
}
