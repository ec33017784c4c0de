/**
 * undici's `request` that takes a body in as it comes, however slowly it is read.
 *
 * With back-pressure undici 6 pauses its parser, and when the server then ends the connection, an
 * assertion fails where nobody can catch it and the process dies (nodejs/undici issue 5360; mended in
 * later majors, which want a newer Node; the same in the `fetch` of Node 20). The bound on what may
 * wait here is the caller's bound on the whole body.
 */
import { request, type Dispatcher } from 'undici'

export interface UnpausedOptions {
  readonly dispatcher: Dispatcher
  readonly signal: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  /** The caller takes no more than this, in bytes. */
  readonly bytesMax: number
  /** @default 0: an answer that redirects is the answer */
  readonly maxRedirections?: number
}

export interface UnpausedAnswer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** Where it came from in the end. */
  readonly url: string
  readonly body: AsyncIterable<Buffer>
  /** Lets go of a body that is not read to its end. */
  readonly discard: () => void
}

export async function unpausedRequest(
  url: string,
  { dispatcher, signal, headers, bytesMax, maxRedirections = 0 }: UnpausedOptions,
): Promise<UnpausedAnswer> {
  const response = await request(url, {
    dispatcher,
    signal,
    headers,
    maxRedirections,
    // Twice: the reader finds a body too long while more of it arrives.
    highWaterMark: 2 * bytesMax,
  })
  // Only where redirects are followed there is a context.
  const followed = response.context as { readonly history?: readonly URL[] } | undefined
  const { body } = response
  // What ends it after nobody reads any more must not be an unhandled error.
  body.on('error', () => undefined)
  return {
    status: response.statusCode,
    header: (name) => {
      const value = response.headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    url: followed?.history?.at(-1)?.href ?? url,
    body: body as AsyncIterable<Buffer>,
    discard: () => body.destroy(),
  }
}
