/**
 * Snapshots of one partition, to its state topic and back.
 *
 * Snapshots are written in rounds: every key that changed, then a marker with the empty key. All in
 * the transaction that commits the input offset the round stands for, so a round is there whole or
 * not at all, and a key that did not change since its last snapshot is still right at the marker.
 */
import type { ProcessorSnapshot } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Topic } from '../../streams/topics.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { KeySnapshot } from './keyed-state.ts'
import { out, type Outgoing, type Processor } from './processor.ts'

const MARKER_KEY = ''

/** The records of one round: the keys that changed, then the marker. Made one by one, as they are sent. */
export function* snapshotRound(
  processor: Pick<Processor<unknown, object>, 'name' | 'stateTopic' | 'stateVersion'>,
  round: {
    readonly partition: number
    readonly nextOffset: number
    readonly sideNextOffset: number | undefined
    readonly changed: Iterable<KeySnapshot>
  },
): Generator<Outgoing> {
  const { name, stateTopic, stateVersion } = processor
  const { partition, nextOffset, sideNextOffset, changed } = round
  const recordOf = ({ key, state }: KeySnapshot): Outgoing =>
    out(stateTopic, {
      processor: name,
      partition,
      key,
      stateVersion,
      nextOffset,
      sideNextOffset: sideNextOffset ?? null,
      eventTimeMs: 0,
      state,
    })
  for (const snapshot of changed) yield recordOf(snapshot)
  yield recordOf({ key: MARKER_KEY, state: Buffer.alloc(0) })
}

export interface RestoredSnapshots {
  /** First input offset that is in no snapshot; undefined if there is no usable round. */
  readonly nextOffset: number | undefined
  /** The same for the side input. */
  readonly sideNextOffset: number | undefined
  readonly snapshots: readonly KeySnapshot[]
}

/** Newest round of a partition; a round of another state version counts as none. */
export async function readSnapshots(options: {
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly stateTopic: Topic<ProcessorSnapshot>
  readonly stateVersion: number
  readonly partition: number
}): Promise<RestoredSnapshots> {
  const { reader, stateTopic, partition, stateVersion } = options
  const codec = options.codecs.of(stateTopic)
  const newest = new Map<string, ProcessorSnapshot>()
  const from = await reader.beginningOffset(stateTopic.name, partition)
  const to = await reader.endOffset(stateTopic.name, partition)
  for await (const records of reader.read(stateTopic.name, partition, from, to)) {
    for (const record of records) {
      if (record.value === null) continue
      await codec.prepare(record.value)
      const snapshot = codec.decode(record.value)
      newest.set(snapshot.key, snapshot)
    }
  }
  const marker = newest.get(MARKER_KEY)
  if (marker?.stateVersion !== stateVersion) {
    return { nextOffset: undefined, sideNextOffset: undefined, snapshots: [] }
  }
  const snapshots = [...newest.values()]
    .filter((snapshot) => snapshot.key !== MARKER_KEY && snapshot.stateVersion === stateVersion)
    .map(({ key, state }) => ({ key, state }))
  return {
    nextOffset: marker.nextOffset,
    sideNextOffset: marker.sideNextOffset ?? undefined,
    snapshots,
  }
}
