/**
 * Closes the application: no new connection, requests in flight are answered, then connections end.
 * A kept-alive connection that was busy at the beginning becomes idle later and would hold the close
 * for its whole time-out, so idle ones are closed again and again; after {@link PATIENCE_MS} all are.
 */
import type { FastifyInstance } from 'fastify'

const SWEEP_MS = 50
const PATIENCE_MS = 10_000

export async function closeApp(app: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
  const cut = setTimeout(() => app.server.closeAllConnections(), PATIENCE_MS)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(cut)
  }
}
