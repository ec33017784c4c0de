/** `GET /` and `GET /simulator`: the pages, served as it lies in `serving/page`, with nothing from elsewhere. */
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { fileURLToPath } from 'node:url'

/** From `dist/serving/http` the page is in the source tree, one folder further up. */
const PAGE = fileURLToPath(new URL('../page', import.meta.url)).replace(
  /[\\/]dist([\\/]serving[\\/]page)$/,
  '$1',
)

const PAGES = { '/': 'index.html', '/simulator': 'simulator.html' }

/** A page loads its own style and scripts and talks to this server, nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export async function pageRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: PAGE,
    prefix: '/page/',
    index: false,
    cacheControl: true,
    maxAge: 0,
  })
  for (const [path, file] of Object.entries(PAGES)) {
    app.get(path, { schema: { hide: true } }, (_request, reply) =>
      reply.header('content-security-policy', POLICY).sendFile(file),
    )
  }
  app.get('/favicon.ico', { schema: { hide: true } }, (_request, reply) =>
    reply.sendFile('icon.svg'),
  )
}
