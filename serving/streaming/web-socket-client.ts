/**
 * A stream client over WebSocket. What breaks the protocol is closed by the library with its code
 * (1002 protocol error, 1007 invalid UTF-8, 1009 too large); here: 1003 for binary messages, 1008 for
 * who talks too much or keeps sending what cannot be understood, 1001 when the server ends, 1013 for
 * who is to come again later.
 */
import type { WebSocket } from 'ws'
import { CandlewireError } from '../../streams/errors.ts'
import { parseOrder, type ClientOrder } from './client-orders.ts'
import type { CloseReason, StreamClient } from './stream-client.ts'
import { StreamMessage } from './stream-message.ts'

const CLOSE_CODES: Readonly<Record<CloseReason, number>> = {
  shutting_down: 1001,
  too_slow: 1013,
  try_again: 1013,
}
const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008
/** The close frame waits behind all that is buffered, so after this long the socket is cut. */
const FAREWELL_MS = 5_000
/** A client subscribes now and then; it does not chat. */
const ORDERS_MAX = 60
const ORDERS_WINDOW_MS = 10_000
const FAULTS_MAX = 10

const TEXT = { binary: false } as const

export interface WebSocketEvents {
  /** @throws CandlewireError REQUEST_INVALID for an order that cannot be carried out */
  readonly order: (client: StreamClient, order: ClientOrder) => void
  readonly gone: (client: StreamClient) => void
}

export function webSocketClient(
  socket: WebSocket,
  about: Pick<StreamClient, 'subscription' | 'frames'>,
  events: WebSocketEvents,
): StreamClient {
  let isAnswered = true
  let waiting = 0
  const flushed = (): void => {
    waiting -= 1
  }
  const client: StreamClient = {
    ...about,
    transport: 'websocket',
    send: (message) => {
      waiting += 1
      socket.send(message.webSocket, TEXT, flushed)
    },
    buffered: () => ({ bytes: socket.bufferedAmount, events: waiting }),
    beat: () => {
      if (!isAnswered) {
        socket.terminate()
        return
      }
      isAnswered = false
      socket.ping()
    },
    close: (reason) => {
      client.send(new StreamMessage('closing', () => ({ reason })))
      end(CLOSE_CODES[reason], reason)
    },
  }
  const end = (code: number, reason: string): void => {
    socket.close(code, reason)
    setTimeout(() => socket.terminate(), FAREWELL_MS).unref()
  }
  const orders = new OrderBudget()
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    isAnswered = true
    if (isBinary) return end(UNSUPPORTED_DATA, 'send JSON as text')
    if (!orders.takes(performance.now())) return end(POLICY_VIOLATION, 'too many messages')
    try {
      events.order(client, parseOrder(data.toString('utf8')))
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError)) throw thrown
      const { code, message } = thrown
      client.send(new StreamMessage('error', () => ({ code, message })))
      if (orders.hasFaulted()) end(POLICY_VIOLATION, 'too many faulty messages')
    }
  })
  socket.on('pong', () => {
    isAnswered = true
  })
  socket.on('close', () => events.gone(client))
  // The close event follows and does what there is to do.
  socket.on('error', () => events.gone(client))
  return client
}

class OrderBudget {
  private windowStart = -Infinity
  private inWindow = 0
  private faults = 0

  takes(nowMs: number): boolean {
    if (nowMs - this.windowStart > ORDERS_WINDOW_MS) {
      this.windowStart = nowMs
      this.inWindow = 0
    }
    this.inWindow += 1
    return this.inWindow <= ORDERS_MAX
  }

  /** @returns whether it was one too many */
  hasFaulted(): boolean {
    this.faults += 1
    return this.faults >= FAULTS_MAX
  }
}
