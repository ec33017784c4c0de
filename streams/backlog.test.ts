import type { Admin } from 'kafkajs'
import { expect, it } from 'vitest'
import { backlogOf } from './backlog.ts'
import type { PartitionReader, RawRecord } from './partition-reader.ts'

const RECORD: RawRecord = { partition: 0, offset: 0, timestampMs: 0, key: null, value: null }

/** One partition with a committed transaction of ten records whose marker is written after `looks` looks. */
function log(looks: number) {
  let left = looks
  const isWritten = () => (left -= 1) < 0
  const reader = {
    partitions: () => Promise.resolve([0]),
    beginningOffset: () => Promise.resolve(0),
    endOffset: () => Promise.resolve(isWritten() ? 11 : 0),
    highWatermark: () => Promise.resolve(11),
    async *read(_topic: string, _partition: number, from: number, to: number) {
      if (to > from) yield await Promise.resolve([RECORD])
    },
  } as unknown as PartitionReader
  return reader
}
const group = (offset: string) =>
  ({
    fetchOffsets: () => Promise.resolve([{ topic: 't', partitions: [{ partition: 0, offset }] }]),
  }) as unknown as Admin

it.each([0, 1, 2, 3])(
  'sees a transaction whose marker is written after %i looks at the log',
  async (looks) => {
    expect(await backlogOf(group('-1'), log(looks), 'g', 't')).toMatchObject({ pending: true })
  },
)

it('is nothing when all is processed', async () => {
  expect(await backlogOf(group('11'), log(0), 'g', 't')).toEqual({ offsets: 0, pending: false })
})
