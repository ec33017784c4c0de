import { expect, it } from 'vitest'
import type { Proof } from '../../schemas/generated.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import { ALL_TOPICS, proofsTopic } from '../../streams/topics.ts'
import { ProofWriter } from './proof-writer.ts'

const codecs = offlineCodecs(ALL_TOPICS)

function writerWith(send: (proof: Proof, key: string) => Promise<void>) {
  const clock = { ms: 1_000 }
  const writer = new ProofWriter(
    { kafka: {} as KafkaClient, codecs, codeVersion: '1.2.3', now: () => clock.ms },
    {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: async ({ messages }) => {
        const { key, value } = messages[0]!
        await send(codecs.of(proofsTopic).decode(value as Buffer), String(key))
        return []
      },
    },
  )
  return { clock, writer }
}

it('shows a running check once a second, in order, and its verdict always', async () => {
  const seen: Proof[] = []
  const keys: string[] = []
  const { clock, writer } = writerWith(async (proof, key) => {
    await Promise.resolve()
    seen.push(proof)
    keys.push(key)
  })
  const check = writer.begin('replay', 'SPX500_USD')
  for (const compared of [1, 2, 3, 4]) {
    check.show(() => ({ compared }))
    clock.ms += 600
  }
  await check.end({ state: 'passed', compared: 5, digestPublished: 'ab' })
  expect(keys).toEqual(Array(3).fill('replay/SPX500_USD'))
  expect(seen.map(({ state, compared, shownAt }) => [state, compared, shownAt])).toEqual([
    ['running', 1, 1_000],
    ['running', 3, 2_200],
    ['passed', 5, 3_400],
  ])
  expect(seen[2]).toMatchObject({ startedAt: 1_000, codeVersion: '1.2.3', digestPublished: 'ab' })
})

it('throws at the end what a record on the way met, and bounds its texts', async () => {
  const broken = writerWith(() => Promise.reject(new Error('no broker')))
  const check = broken.writer.begin('skew', 'all')
  check.show(() => ({}))
  await expect(check.end({ state: 'failed' })).rejects.toThrow('no broker')

  const seen: Proof[] = []
  const { writer } = writerWith((proof) => Promise.resolve(void seen.push(proof)))
  await writer.begin('skew', 'all').end({ state: 'failed', firstDifference: 'x'.repeat(9_999) })
  expect(seen[0]?.firstDifference).toHaveLength(2_000)
})
