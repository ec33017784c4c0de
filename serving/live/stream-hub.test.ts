import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeStreamClient } from '../../test/support/fake-stream-client.ts'
import { ServingMetrics } from '../metrics.ts'
import { BUFFERED_BYTES_MAX, BUFFERED_EVENTS_MAX } from '../streaming/stream-client.ts'
import { decodePosition } from '../streaming/stream-position.ts'
import { StreamHub } from './stream-hub.ts'

const CANDLES = 0
const candle = (instrument: string, close = 2) => ({ instrument, openTimeMs: 60_000, close })
const at = (offset: number, partition = 0) => ({ partition, offset, bytes: 50 })

const metrics = new ServingMetrics()
let hub = new StreamHub(metrics)
afterEach(() => {
  hub.closeAll()
  hub = new StreamHub(metrics)
})

function joined(...options: ConstructorParameters<typeof FakeStreamClient>): FakeStreamClient {
  const client = new FakeStreamClient(...options)
  hub.add(client)
  hub.join(client)
  return client
}

describe('the stream hub', () => {
  it('serialises an event once and sends it to those who want its type and instrument', () => {
    const [all, mine, other, models] = [
      joined(),
      joined({ instruments: ['A'] }),
      joined({ instruments: ['B'] }),
      joined({ types: ['model'] }),
    ]
    hub.record(CANDLES, at(7), candle('A'))
    expect([all, mine, other, models].map(({ got }) => got.length)).toEqual([1, 1, 0, 0])
    expect(all.messages[0]?.webSocket).toBe(mine.messages[0]?.webSocket)
    expect(all.messages[0]?.sse).toBe(mine.messages[0]?.sse)
    expect(all.got).toEqual([
      {
        type: 'candle',
        ...candle('A'),
        partition: 0,
        offset: 7,
        position: '1-c.8',
      },
    ])
    expect(all.messages[0]?.sse.toString()).toMatch(/^id: 1-c\.8\nevent: candle\ndata: \{.*\}\n\n$/)
  })

  it.each([
    ['bytes', { bytes: BUFFERED_BYTES_MAX + 1, events: 1 }],
    ['events', { bytes: 1, events: BUFFERED_EVENTS_MAX + 1 }],
  ])('drops a client at the written bound of %s, and no other', (_what, waiting) => {
    const [slow, fast] = [joined(), joined()]
    slow.waiting = waiting
    hub.record(CANDLES, at(0), candle('A'))
    hub.record(CANDLES, at(1), candle('A'))
    expect(slow).toMatchObject({ messages: [], closed: ['too_slow'] })
    expect(fast.got.length).toBe(2)
    expect(hub.size).toBe(1)
  })

  it('skips what a client that is ahead of it has already, and never moves it back', () => {
    hub.begin(CANDLES, 0, 0)
    hub.begin(CANDLES, 1, 0)
    const ahead = new FakeStreamClient()
    hub.add(ahead)
    hub.join(ahead, decodePosition('1-c.2.5'))
    hub.record(CANDLES, at(0), candle('A'))
    hub.record(CANDLES, at(4, 1), candle('B'))
    hub.record(CANDLES, at(1), candle('A'))
    hub.record(CANDLES, at(2), candle('A', 3))
    hub.record(CANDLES, at(5, 1), candle('B'))
    hub.record(CANDLES, at(6, 1), candle('B'))
    expect(
      ahead.got.map(({ partition, offset, position }) => [partition, offset, position]),
    ).toEqual([
      [0, 2, '1-c.3.5'],
      [1, 5, '1-c.3.6'],
      [1, 6, '1-c.3.7'],
    ])
  })

  it('tells everybody who wants them of records that were gone, and forgets what lies before', () => {
    const [candles, others] = [joined(), joined({ types: ['alert'] })]
    hub.begin(CANDLES, 0, 3)
    hub.record(CANDLES, at(3), candle('A'))
    hub.gap(CANDLES, 0, 4, 9)
    expect(candles.got.slice(1)).toEqual([
      {
        type: 'gap',
        kind: 'candle',
        partition: 0,
        from: 4,
        to: 9,
        reason: 'retention',
        position: '1-c.9',
      },
    ])
    expect(others.got).toEqual([])
    expect(hub.recent.start[CANDLES]).toEqual([9])
  })

  it('tells idle clients now and then where they stand', () => {
    vi.useFakeTimers()
    try {
      hub = new StreamHub(metrics)
      const client = joined({ instruments: ['B'] })
      hub.record(CANDLES, at(0), candle('A'))
      vi.advanceTimersByTime(15_000)
      expect(client.got).toEqual([{ type: 'position', position: '1-c.1' }])
      vi.advanceTimersByTime(15_000)
      expect(client.got.length).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('makes one frame per instrument and skips pages that still have the last', () => {
    const frames = { instrument: undefined }
    const [first, second, busy] = [joined({ frames }), joined({ frames }), joined({ frames })]
    busy.waiting = { bytes: 1, events: 1 }
    const asked: (string | undefined)[] = []
    hub.publishFrames((instrument) => {
      asked.push(instrument)
      return { frame: 1 }
    })
    expect(asked).toEqual([undefined])
    expect([first, second, busy].map(({ messages }) => messages.length)).toEqual([1, 1, 0])
    expect(busy.closed).toEqual([])
  })

  it('tells every client when it ends, and lets nobody in any more', () => {
    const one = joined()
    hub.closeAll()
    expect(one.closed).toEqual(['shutting_down'])
    expect([hub.size, hub.isFull]).toEqual([0, true])
  })
})
