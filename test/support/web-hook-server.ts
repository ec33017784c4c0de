/** Answers posts on loopback as told, in turn; the last answer goes on for ever. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedPost {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly atMs: number
}

export type Answer = (response: ServerResponse, post: ReceivedPost) => void

export const ok: Answer = (response) => response.writeHead(200).end('ok')
/** Takes the post and says nothing. */
export const stall: Answer = () => undefined
export const refuse =
  (code: number, headers: Record<string, string> = {}, text = `status ${code}`): Answer =>
  (response) =>
    response.writeHead(code, headers).end(text)

export async function startWebHookServer(...answers: Answer[]) {
  const posts: ReceivedPost[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const post = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        atMs: performance.now(),
      }
      posts.push(post)
      const answer = answers[Math.min(posts.length, answers.length) - 1] ?? ok
      answer(response, post)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hooks/T0/B0/s3cr3t-path`,
    posts,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
