import { afterEach, describe, expect, it } from 'vitest'
import { ServingMetrics } from '../metrics.ts'
import type { EventType, PriceEvent } from './stream-event.ts'
import { BUFFERED_BYTES_MAX, StreamHub, type Message, type StreamClient } from './stream-hub.ts'

const price = (instrument: string): PriceEvent => ({
  type: 'price',
  instrument,
  eventTimeMs: 1,
  close: 2,
})

interface FakeClient extends StreamClient {
  readonly got: Message[]
  readonly closed: string[]
  buffered: number
}

const client = (
  options: { instrument?: string; types?: EventType[]; wantsFrames?: boolean } = {},
): FakeClient => ({
  transport: 'sse',
  instrument: options.instrument,
  types: new Set(options.types ?? ['price']),
  wantsFrames: options.wantsFrames ?? false,
  got: [],
  closed: [],
  buffered: 0,
  send(message) {
    this.got.push(message)
  },
  bufferedBytes() {
    return this.buffered
  },
  beat: () => undefined,
  close(reason) {
    this.closed.push(reason)
  },
})

describe('the stream hub', () => {
  const metrics = new ServingMetrics()
  let hub = new StreamHub(metrics)
  afterEach(() => {
    hub.closeAll()
    hub = new StreamHub(metrics)
  })

  it('serialises an event once and sends it to those who asked for its type and instrument', () => {
    const [all, mine, other, models] = [
      client(),
      client({ instrument: 'A' }),
      client({ instrument: 'B' }),
      client({ types: ['model'] }),
    ]
    for (const each of [all, mine, other, models]) hub.add(each)
    hub.publish(price('A'))
    expect([all, mine, other, models].map(({ got }) => got.length)).toEqual([1, 1, 0, 0])
    expect(all.got[0]).toBe(mine.got[0])
    expect(JSON.parse(all.got[0]?.json ?? '')).toEqual(price('A'))
  })

  it('drops a client that does not read at the written bound, and no other', async () => {
    const [slow, fast] = [client(), client()]
    hub.add(slow)
    hub.add(fast)
    slow.buffered = BUFFERED_BYTES_MAX + 1
    hub.publish(price('A'))
    hub.publish(price('A'))
    expect(slow).toMatchObject({ got: [], closed: ['too_slow'] })
    expect(fast.got.length).toBe(2)
    expect(hub.size).toBe(1)
    expect((await metrics.streamDropped.get()).values).toMatchObject([
      { value: 1, labels: { transport: 'sse' } },
    ])
  })

  it('makes one frame per instrument and skips pages that still have the last', () => {
    const [first, second, busy] = [
      client({ wantsFrames: true }),
      client({ wantsFrames: true }),
      client({ wantsFrames: true }),
    ]
    for (const each of [first, second, busy]) hub.add(each)
    busy.buffered = 1
    const asked: (string | undefined)[] = []
    hub.publishFrames((instrument) => {
      asked.push(instrument)
      return { frame: 1 }
    })
    expect(asked).toEqual([undefined])
    expect([first, second, busy].map(({ got }) => got.length)).toEqual([1, 1, 0])
    expect(busy.closed).toEqual([])
  })

  it('tells every client when it ends', () => {
    const one = client()
    hub.add(one)
    hub.closeAll()
    expect(one.closed).toEqual(['shutting_down'])
    expect(hub.size).toBe(0)
  })
})
