/** The newest proof of every kind and scope, as `proofs.v1` has them at the call. */
import type { Proof } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { proofsTopic } from '../../streams/topics.ts'
import { readSinglePartition } from '../models/read-registry.ts'

/** By key, `proof/scope`. */
export async function readProofs(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<ReadonlyMap<string, Proof>> {
  const newest = new Map<string, Proof>()
  await readSinglePartition(reader, codecs, proofsTopic, (proof) =>
    newest.set(proofsTopic.keyOf(proof), proof),
  )
  return newest
}
