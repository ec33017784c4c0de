import { createRequire } from 'node:module'
import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RequestQueue } from './kafkajs-idle-queues.ts'
import './kafkajs-idle-queues.ts'

interface Queue extends RequestQueue {
  throttledUntil: number
  push(request: object): void
  fulfillRequest(response: object): void
  destroy(): void
}

const require = createRequire(import.meta.url)
const QueueClass = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue

function newQueue(): Queue {
  const silent = () => undefined
  return new QueueClass({
    ...{ maxInFlightRequests: 1, requestTimeout: 30_000, enforceRequestTimeout: false },
    ...{ clientId: 'c', broker: 'b:1', instrumentationEmitter: new EventEmitter() },
    logger: { debug: silent, warn: silent, error: silent },
  })
}

function request(correlationId: number, sent: number[]): object {
  return {
    entry: { correlationId, apiKey: 1, apiName: 'x', apiVersion: 1, resolve: () => undefined },
    ...{ expectResponse: true, sendRequest: () => sent.push(correlationId) },
  }
}

const answer = (correlationId: number) => ({ correlationId, payload: Buffer.alloc(0), size: 0 })

describe('request queues of kafkajs', () => {
  let queue: Queue
  beforeEach(() => {
    queue = newQueue()
  })
  afterEach(() => queue.destroy())

  it('have no timer while nothing waits', async () => {
    const looks = vi.spyOn(
      queue as unknown as { checkPendingRequests(): void },
      'checkPendingRequests',
    )
    queue.push(request(1, []))
    queue.fulfillRequest(answer(1))
    await delay(30)
    expect(looks).toHaveBeenCalledTimes(1)
  })

  it('send what waits as soon as there is room', () => {
    const sent: number[] = []
    queue.push(request(1, sent))
    queue.push(request(2, sent))
    expect(sent).toEqual([1])
    queue.fulfillRequest(answer(1))
    expect(sent).toEqual([1, 2])
  })

  it('send what waited for a throttled broker once it is over', async () => {
    const sent: number[] = []
    queue.throttledUntil = Date.now() + 20
    queue.push(request(1, sent))
    expect(sent).toEqual([])
    await delay(100)
    expect(sent).toEqual([1])
  })
})
