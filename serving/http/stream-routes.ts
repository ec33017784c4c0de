/**
 * `/ws/market-stream` and `/sse/market-stream`: the same events over WebSocket and server-sent
 * events. A new client first gets the newest predictions, then everything as it is committed.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { WebSocket } from 'ws'
import { CandlewireError } from '../../streams/errors.ts'
import { describePrediction } from '../live/shown-prediction.ts'
import { EVENT_TYPES, type EventType } from '../live/stream-event.ts'
import { CLIENTS_MAX, frameMessage, type StreamClient } from '../live/stream-hub.ts'
import type { AppDependencies } from './dependencies.ts'
import { failures, instrumentSchema } from './schemas.ts'

interface StreamQuery {
  readonly instrument?: string
  readonly types: string
  readonly view: 'events' | 'dashboard'
}

type Subscription = Pick<StreamClient, 'instrument' | 'types' | 'wantsFrames'>

/** Predictions a new client gets at once. */
const WELCOME_PREDICTIONS = 50
/** Close codes of RFC 6455: 1001 going away, 1013 try again later. */
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013

const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    instrument: { ...instrumentSchema, description: 'Only this instrument.' },
    types: {
      type: 'string',
      pattern: `^(${EVENT_TYPES.join('|')})(,(${EVENT_TYPES.join('|')}))*$`,
      default: 'prediction,outcome,model',
      description: `Event types, separated by commas: ${EVENT_TYPES.join(', ')}.`,
    },
    view: {
      type: 'string',
      enum: ['events', 'dashboard'],
      default: 'events',
      description:
        'events: every event; dashboard: the whole state of the page, at most twice a second.',
    },
  },
}

const subscriptionOf = ({ instrument, types, view }: StreamQuery): Subscription => ({
  instrument,
  types: new Set(types.split(',') as EventType[]),
  wantsFrames: view === 'dashboard',
})

export function streamRoutes(app: FastifyInstance, deps: AppDependencies): void {
  const { hub } = deps
  const refuseWhenFull = (
    _request: unknown,
    _reply: unknown,
    done: (error?: Error) => void,
  ): void => {
    done(
      hub.isFull
        ? new CandlewireError('OVERLOADED', `${CLIENTS_MAX} clients are connected already`)
        : undefined,
    )
  }
  const schema = { tags: ['streams'], querystring: querySchema, response: failures(400, 503) }

  app.get<{ Querystring: StreamQuery }>(
    '/ws/market-stream',
    {
      websocket: true,
      preHandler: refuseWhenFull,
      schema: { ...schema, summary: 'Predictions, outcomes and model changes over WebSocket' },
    },
    (socket, { query }) =>
      join(webSocketClient(socket, subscriptionOf(query), (client) => hub.remove(client))),
  )

  app.get<{ Querystring: StreamQuery }>(
    '/sse/market-stream',
    {
      preHandler: refuseWhenFull,
      schema: {
        ...schema,
        produces: ['text/event-stream'],
        summary: 'The same as server-sent events',
      },
    },
    (request, reply) => {
      join(sseClient(reply, subscriptionOf(request.query), (client) => hub.remove(client)))
    },
  )

  function join(client: StreamClient): void {
    hub.add(client)
    if (client.wantsFrames) {
      hub.deliver(client, frameMessage(deps.dashboard.frame(client.instrument)))
      return
    }
    if (!client.types.has('prediction')) return
    for (const followed of deps.view
      .predictions(client.instrument, WELCOME_PREDICTIONS)
      .reverse()) {
      hub.deliver(client, {
        type: 'prediction',
        json: JSON.stringify({ type: 'prediction', ...describePrediction(followed) }),
      })
    }
  }
}

function webSocketClient(
  socket: WebSocket,
  subscription: Subscription,
  gone: (client: StreamClient) => void,
): StreamClient {
  let answered = true
  const client: StreamClient = {
    ...subscription,
    transport: 'websocket',
    send: ({ json }) => socket.send(json),
    bufferedBytes: () => socket.bufferedAmount,
    beat: () => {
      if (!answered) {
        socket.terminate()
        return
      }
      answered = false
      socket.ping()
    },
    close: (reason) => {
      if (reason === 'shutting_down') socket.close(GOING_AWAY, reason)
      else dropSocket(socket, reason)
    },
  }
  socket.on('pong', () => {
    answered = true
  })
  socket.on('close', () => gone(client))
  // The close event follows and does what there is to do.
  socket.on('error', () => gone(client))
  return client
}

/** The close frame waits behind all that is buffered, so after a moment the socket is cut. */
function dropSocket(socket: WebSocket, reason: string): void {
  socket.close(TRY_AGAIN_LATER, reason)
  setTimeout(() => socket.terminate(), 1_000).unref()
}

function sseClient(
  reply: FastifyReply,
  subscription: Subscription,
  gone: (client: StreamClient) => void,
): StreamClient {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  })
  raw.write('retry: 1000\n\n')
  const client: StreamClient = {
    ...subscription,
    transport: 'sse',
    send: ({ type, json }) => raw.write(`event: ${type}\ndata: ${json}\n\n`),
    bufferedBytes: () => raw.writableLength,
    beat: () => raw.write(': beat\n\n'),
    close: (reason) => {
      if (reason === 'shutting_down') raw.end()
      else raw.destroy()
    },
  }
  raw.on('close', () => gone(client))
  raw.on('error', () => gone(client))
  return client
}
