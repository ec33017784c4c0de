import { expect, it } from 'vitest'
import { offlineCodecs } from '../../streams/codec.ts'
import { createLogger } from '../../streams/log.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { ALL_TOPICS, proofsTopic } from '../../streams/topics.ts'
import { testProof } from '../../test/support/test-page.ts'
import { ProofFollower } from './proof-follower.ts'

it('goes back to never where an interrupted run takes its proof back', async () => {
  const codecs = offlineCodecs(ALL_TOPICS)
  const running = testProof({ scope: 'SPY', state: 'running' })
  const key = Buffer.from(proofsTopic.keyOf(running))
  const values = [codecs.of(proofsTopic).encode(running), null]
  const records = values.map((value, offset): RawRecord => {
    return { partition: 0, offset, timestampMs: offset, key, value }
  })
  const states: string[] = []
  const reader = {
    partitions: () => Promise.resolve([0]),
    beginningOffset: () => Promise.resolve(0),
    endOffset: () => Promise.resolve(records.length),
    async *follow(_topic: string, _partition: number, _from: number, signal: AbortSignal) {
      for (const record of records) {
        yield await Promise.resolve([record])
        states.push(follower.board.list()[0]!.state)
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  }
  const follower = new ProofFollower(reader, codecs, createLogger({ logLevel: 'error' }, 'test'))
  await follower.start()
  await expect.poll(() => states).toEqual(['running', 'never'])
  await follower.stop()
})
