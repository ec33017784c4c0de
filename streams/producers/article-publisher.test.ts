import { pino } from 'pino'
import type { Producer } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { offlineCodecs } from '../codec.ts'
import type { KafkaClient } from '../kafka.ts'
import { simulatedNews } from '../sources/simulation/varied-headline.ts'
import { newsTopic } from '../topics.ts'
import { ArticlePublisher } from './article-publisher.ts'

const article = (title: string, body: string | null = null) =>
  simulatedNews({
    title,
    body,
    source: 's',
    language: null,
    instrument: 'X',
    availableAtMs: 1_708_439_400_000,
  })

/** A broker that takes batches, fails, or says nothing; `producers` tells how often one was made and given up. */
function brokerThat(behaves: (batch: number) => Promise<void>) {
  const batches: number[] = []
  const producers = { made: 0, givenUp: 0 }
  const send = async ({ messages }: { messages: unknown[] }) => {
    batches.push(messages.length)
    await behaves(batches.length)
  }
  const producer = () => {
    producers.made += 1
    const disconnect = () => Promise.resolve(void (producers.givenUp += 1))
    return { connect: () => Promise.resolve(), disconnect, send } as unknown as Producer
  }
  const publisher = new ArticlePublisher({
    kafka: { producer } as unknown as KafkaClient,
    codecs: offlineCodecs([newsTopic]),
    logger: pino({ level: 'silent' }),
    answerMs: 100,
  })
  return { publisher, batches, producers }
}
const never = () => new Promise<void>(() => undefined)

describe('ArticlePublisher', () => {
  it('sends the articles of a call as one batch', async () => {
    const { publisher, batches, producers } = brokerThat(() => Promise.resolve())
    await publisher.publish([article('a'), article('b')])
    await publisher.publish([article('c')])
    expect([batches, producers.made]).toEqual([[2, 1], 1])
    await publisher.close()
    expect(producers.givenUp).toBe(1)
  })

  it('refuses what does not fit into a batch', async () => {
    const { publisher, batches } = brokerThat(() => Promise.resolve())
    const large = Array.from({ length: 50 }, (_, n) => article(String(n), 'x'.repeat(20_000)))
    await expect(publisher.publish(large)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(batches).toEqual([])
  })

  it('gives a producer up that failed, and goes on with a new one', async () => {
    const { publisher, producers } = brokerThat((batch) =>
      batch === 1 ? Promise.reject(new Error('NOT_LEADER')) : Promise.resolve(),
    )
    await expect(publisher.publish([article('a')])).rejects.toMatchObject({
      code: 'BROKER_FAILED',
      message: 'The articles were not confirmed: NOT_LEADER',
    })
    await publisher.publish([article('a')])
    expect(producers).toEqual({ made: 2, givenUp: 1 })
  })

  it('does not let a caller wait for a silent broker, nor collect callers without end', async () => {
    const { publisher, batches } = brokerThat(never)
    const calls = Array.from({ length: 20 }, () => publisher.publish([article('a')]))
    const results = await Promise.allSettled(calls)
    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : '',
    )
    expect(codes).toEqual([
      ...Array<string>(16).fill('BROKER_FAILED'),
      ...Array<string>(4).fill('OVERLOADED'),
    ])
    expect(batches.length).toBe(16)
  })

  it('lets nobody wait when it is closed', async () => {
    const { publisher } = brokerThat(never)
    const call = publisher.publish([article('a')])
    const refused = expect(call).rejects.toMatchObject({ code: 'SERVICE_NOT_READY' })
    await publisher.close()
    await refused
  })
})
