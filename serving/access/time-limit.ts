/**
 * How long a handler may take. One timer looks after all open requests: they come in order, so those that
 * are late lie at the front. (Fastify's `handlerTimeout` makes a timer and an AbortController, and
 * aborts it, for every request: 15 to 20 us of processor time, as much as the rest of a small request.)
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { CandlewireError } from '../../streams/errors.ts'

const LOOKS_PER_LIMIT = 20
const LOOK_MS_MAX = 500

/**
 * Answers OVERLOADED to what takes longer than `limitMs`, at the latest half a second after it. A stream,
 * which is answered by itself, may go on. To be called before any route is there.
 */
export function limitTime(app: FastifyInstance, limitMs: number): void {
  /** Until when; oldest first. */
  const open = new Map<FastifyReply, number>()
  const timer = setInterval(
    () => endLate(open, performance.now()),
    Math.min(LOOK_MS_MAX, Math.ceil(limitMs / LOOKS_PER_LIMIT)),
  )
  timer.unref()
  app.addHook('onRequest', (_request, reply, done) => {
    open.set(reply, performance.now() + limitMs)
    done()
  })
  app.addHook('onResponse', (_request, reply, done) => {
    open.delete(reply)
    done()
  })
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer)
    done()
  })
}

function endLate(open: Map<FastifyReply, number>, now: number): void {
  for (const [reply, until] of open) {
    if (until > now) return
    open.delete(reply)
    // Answered or taken over, or its client has gone.
    if (reply.sent || reply.raw.closed) continue
    // Half an answer cannot be taken back.
    if (reply.raw.headersSent) reply.raw.destroy()
    else
      void reply.send(
        new CandlewireError('OVERLOADED', 'The answer took longer than REQUEST_TIMEOUT_S'),
      )
  }
}
