/**
 * Turns the named query parameters into numbers where they are whole numbers. Validation coerces
 * nothing, because a body's "5" is not a 5; a query, though, is always text.
 */
import type { FastifyRequest } from 'fastify'

export const wholeNumbers =
  (...names: string[]) =>
  (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    const query = request.query as Record<string, unknown>
    for (const name of names) {
      const value = query[name]
      if (typeof value === 'string' && /^\d{1,15}$/.test(value)) query[name] = Number(value)
    }
    done()
  }
