/**
 * Brings back the states of a partition as whoever committed last had them: the newest round of
 * snapshots, and behind it both inputs again up to the committed offsets, without publishing. The input
 * logs are the write-ahead log; at most SNAPSHOT_EVERY_RECORDS records are stepped again.
 */
import type { Admin } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { committedOffsetsOf, type CommittedOffsets } from './committed-offsets.ts'
import { ContextInForce } from './context-in-force.ts'
import { InputDecoder } from './input-decoder.ts'
import { KeyedState } from './keyed-state.ts'
import { namesCuts, takeCutOf, type RestoredStates } from './partition-states.ts'
import type { Processor } from './processor.ts'
import { SideFeed } from './side-feed.ts'
import { readSnapshots, type RestoredSnapshots } from './snapshot-store.ts'

export interface RestoreOptions {
  readonly processor: Processor<unknown, object>
  readonly partition: number
  readonly decoder: InputDecoder
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly logger: Logger
  /** Final: the owner before is fenced. */
  readonly committed: CommittedOffsets
  /** First offset of the input that is still in the log. */
  readonly beginning: number
  /** Told how many records are stepped again. */
  readonly onReapplied: (records: number) => void
}

/** @throws CandlewireError OFFSET_OUT_OF_RANGE, STATE_CORRUPT, SETTINGS_CHANGED, FENCED */
export async function restoreStates(options: RestoreOptions): Promise<RestoredStates> {
  const { processor, partition, reader, codecs, committed, beginning } = options
  const { stateTopic, stateVersion, name } = processor
  const states = new KeyedState<unknown, object>(processor)
  const snapshot = await readSnapshots({ reader, codecs, stateTopic, stateVersion, partition })
  await requireCommitted(options, snapshot)
  const { nextOffset, sideNextOffset } = takeBack(options, states, snapshot)
  const isRoundDue = nextOffset === undefined
  const context = new ContextInForce(processor.context, states)
  await context.recall(isRoundDue)
  if (committed.input !== undefined && nextOffset === undefined && beginning > 0) {
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${name}: there is no usable snapshot of partition ${partition} and its input begins at ${beginning}, so the state cannot be rebuilt`,
    )
  }
  const side = await openSide(options, states, sideNextOffset)
  const restored = { states, side, context, isRoundDue, sinceSnapshot: 0 }
  if (committed.input === undefined) return restored
  const from = nextOffset ?? beginning
  await reapply(options, restored, { from, to: committed.input })
  const { keys } = states
  options.logger.info(
    { processor: name, partition, keys, from, committed: committed.input },
    'State restored',
  )
  return { ...restored, sinceSnapshot: committed.input - from }
}

/** State without a committed offset would be published a second time. */
async function requireCommitted(
  { processor, partition, admin, committed }: RestoreOptions,
  snapshot: RestoredSnapshots,
): Promise<void> {
  if (committed.input !== undefined || snapshot.nextOffset === undefined) return
  const { name, stateTopic } = processor
  // Between asking for the offset and reading the snapshots a newer owner may have committed both.
  if ((await committedOffsetsOf(admin, processor, partition)).input !== undefined)
    throw new CandlewireError('FENCED', `${name}: partition ${partition} has a newer owner`)
  throw new CandlewireError(
    'STATE_CORRUPT',
    `${name}: partition ${partition} has state up to offset ${snapshot.nextOffset} but the group has no committed offset; commit that offset, or delete ${stateTopic.name} to start anew`,
  )
}

/** Restores states; if the processor does not go on with one of them, it is as if there were none. */
function takeBack(
  { processor, partition, logger }: RestoreOptions,
  states: KeyedState<unknown, object>,
  restored: RestoredSnapshots,
): Omit<RestoredSnapshots, 'snapshots'> {
  const verdicts = restored.snapshots.map((each) => states.restore(each))
  if (!verdicts.includes('rebuild')) return restored
  states.clear()
  logger.warn(
    { processor: processor.name, partition },
    'Settings have changed as announced; the states are rebuilt from the input',
  )
  return { nextOffset: undefined, sideNextOffset: undefined }
}

/** @throws CandlewireError OFFSET_OUT_OF_RANGE if what the state still needs is gone */
async function openSide(
  { processor, partition, reader, codecs }: RestoreOptions,
  states: KeyedState<unknown, object>,
  inState: number | undefined,
): Promise<SideFeed | undefined> {
  const { sideInput, name } = processor
  if (sideInput === undefined) return undefined
  const topic = sideInput.topic.name
  const beginning = await reader.beginningOffset(topic, partition)
  const from = inState ?? beginning
  if (from < beginning) {
    throw new CandlewireError(
      'OFFSET_OUT_OF_RANGE',
      `${name}: its state needs ${topic}/${partition} from offset ${from}, but the log begins at ${beginning}`,
    )
  }
  const decoder = new InputDecoder(codecs.of<unknown>(sideInput.topic), partition)
  return new SideFeed({ reader, decoder, states, topic, partition, from })
}

async function reapply(
  { processor, partition, decoder, reader, committed, onReapplied }: RestoreOptions,
  { states, side, context }: Pick<RestoredStates, 'states' | 'side' | 'context'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const sideEnd = committed.side ?? 0
  side?.believeCutsUntil(sideEnd)
  for await (const batch of reader.read(processor.input.name, partition, from, to)) {
    if (!namesCuts(processor)) await side?.takeUntil(sideEnd)
    const { records } = await decoder.decode(batch)
    for (const record of records) {
      await takeCutOf(processor, side, record)
      states.apply({ ...record, context: context.current })
    }
    onReapplied(batch.length)
  }
  if (!namesCuts(processor)) await side?.takeUntil(sideEnd, { evenIfFull: true })
  // They were published by whoever committed these offsets.
  side?.takeDeadLetters()
}
