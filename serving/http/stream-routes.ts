/**
 * `/ws/market-stream` and `/sse/market-stream`: the same events over WebSocket and server-sent
 * events. A new client gets a `hello` with its position and the newest predictions, then everything as
 * it is committed; one that names its position gets everything from there.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'
import { describePrediction } from '../live/shown-prediction.ts'
import { CLIENTS_MAX, frameMessage } from '../live/stream-hub.ts'
import type { ClientOrder } from '../streaming/client-orders.ts'
import { sseClient } from '../streaming/sse-client.ts'
import type { StreamClient } from '../streaming/stream-client.ts'
import { StreamMessage } from '../streaming/stream-message.ts'
import {
  decodePosition,
  encodePosition,
  POSITION_LENGTH_MAX,
  type StreamPosition,
} from '../streaming/stream-position.ts'
import { DEFAULT_TYPES, EVENT_TYPES, Subscription } from '../streaming/subscription.ts'
import { webSocketClient } from '../streaming/web-socket-client.ts'
import type { AppDependencies } from './dependencies.ts'
import { failures, instrumentSchema } from './schemas.ts'

interface StreamQuery {
  readonly instrument?: string
  readonly types: string
  readonly view: 'events' | 'dashboard'
  readonly position?: string
}

/** Newest predictions that a new client gets with its greeting. */
const WELCOME_PREDICTIONS = 50
/** No subscription at the start. */
const NONE = 'none'

const ONE_TYPE = `(${EVENT_TYPES.join('|')})`
const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    instrument: { ...instrumentSchema, description: 'Only this instrument.' },
    types: {
      type: 'string',
      pattern: `^(${NONE}|${ONE_TYPE}(,${ONE_TYPE})*)$`,
      default: DEFAULT_TYPES.join(','),
      description: `Event types, separated by commas: ${EVENT_TYPES.join(', ')}; or ${NONE}: a WebSocket subscribes by messages.`,
    },
    view: {
      type: 'string',
      enum: ['events', 'dashboard'],
      default: 'events',
      description:
        'events: every event; dashboard: the whole state of the page, at most twice a second.',
    },
    position: {
      type: 'string',
      minLength: 1,
      maxLength: POSITION_LENGTH_MAX,
      description:
        'Position of the last event that was received: everything after it follows. The header Last-Event-ID says the same and goes before.',
    },
  },
}

export function streamRoutes(app: FastifyInstance, deps: AppDependencies): void {
  const { hub, catchUp } = deps
  const schema = { tags: ['streams'], querystring: querySchema, response: failures(400, 503) }

  app.get<{ Querystring: StreamQuery }>(
    '/ws/market-stream',
    {
      websocket: true,
      preHandler: refuse,
      schema: { ...schema, summary: 'Candles, predictions, outcomes and alerts over WebSocket' },
    },
    (socket, request) => {
      const events = { order: carryOut, gone: (client: StreamClient) => hub.remove(client) }
      enter(webSocketClient(socket, aboutOf(request.query), events), positionOf(request))
    },
  )

  app.get<{ Querystring: StreamQuery }>(
    '/sse/market-stream',
    {
      preHandler: refuse,
      schema: {
        ...schema,
        summary: 'The same as server-sent events',
        response: {
          200: {
            description: 'Events until one of both sides ends it.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          ...schema.response,
        },
      },
    },
    (request, reply) => {
      const position = positionOf(request)
      const client = sseClient(reply, aboutOf(request.query), (gone) => hub.remove(gone))
      enter(client, position)
    },
  )

  function refuse(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
    try {
      if (hub.isFull)
        throw new CandlewireError(
          'OVERLOADED',
          `${CLIENTS_MAX} clients are connected already, or the server ends`,
        )
      positionOf(request as FastifyRequest<{ Querystring: StreamQuery }>)
      done()
    } catch (thrown) {
      done(thrown as Error)
    }
  }

  function enter(client: StreamClient, position: StreamPosition | undefined): void {
    hub.add(client)
    if (client.frames !== undefined) {
      hub.deliver(client, frameMessage(deps.dashboard.frame(client.frames.instrument)))
      return
    }
    hub.deliver(client, greeting(client, position))
    if (position === undefined) hub.join(client)
    else void catchUp.run(client, position)
  }

  function greeting(client: StreamClient, position: StreamPosition | undefined): StreamMessage {
    const { subscription } = client
    const place = encodePosition(position ?? hub.position)
    return new StreamMessage(
      'hello',
      () => ({
        resumed: position !== undefined,
        subscription: subscription.list(),
        newest: position === undefined ? newestFor(subscription) : [],
      }),
      place,
    )
  }

  /** What was predicted before the stream begins, newest first. */
  function newestFor(subscription: Subscription): object[] {
    return deps.view
      .predictions(undefined, 10 * WELCOME_PREDICTIONS)
      .filter(({ prediction }) => subscription.wants('prediction', prediction.instrument))
      .slice(0, WELCOME_PREDICTIONS)
      .map(describePrediction)
  }

  function carryOut(client: StreamClient, order: ClientOrder): void {
    const { subscription } = client
    if (order.action === 'ping') {
      client.send(new StreamMessage('pong', () => ({})))
      return
    }
    const from =
      order.action === 'subscribe' && order.position !== undefined
        ? decodePosition(order.position)
        : undefined
    if (order.action === 'subscribe')
      subscription.add(order.types ?? DEFAULT_TYPES, order.instruments)
    else subscription.remove(order.types ?? EVENT_TYPES, order.instruments)
    client.send(
      new StreamMessage('subscribed', () => ({
        action: order.action,
        subscription: subscription.list(),
      })),
    )
    if (from !== undefined) void catchUp.run(client, from)
  }
}

function aboutOf(query: StreamQuery): Pick<StreamClient, 'subscription' | 'frames'> {
  const { instrument, types, view } = query
  if (view === 'dashboard') return { subscription: new Subscription(), frames: { instrument } }
  const chosen = types === NONE ? [] : types.split(',')
  const instruments = instrument === undefined ? undefined : [instrument]
  return { subscription: new Subscription(chosen, instruments), frames: undefined }
}

/** @throws CandlewireError REQUEST_INVALID */
function positionOf({
  headers,
  query,
}: FastifyRequest<{ Querystring: StreamQuery }>): StreamPosition | undefined {
  const header = headers['last-event-id']
  const text = (Array.isArray(header) ? header[0] : header) ?? query.position
  return text === undefined || text === '' ? undefined : decodePosition(text)
}
