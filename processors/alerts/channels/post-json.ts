/** One POST with every wait bounded; whatever is not 2xx becomes a {@link DeliveryError}. */
import { request } from 'undici'
import { networkCause } from '../../../streams/sources/http/network-cause.ts'
import { retryAfterMs } from '../../../streams/sources/http/retry-after.ts'
import { DeliveryError, withoutSecrets } from './channel.ts'

/** Of an answer, for the record: the reason stands at its beginning. */
const ANSWER_CHARS_MAX = 200
const ANSWER_BYTES_MAX = 1024 * 1024
const RETRY_AFTER_MAX_MS = 300_000

export interface Post {
  /** Never shown: the address of a webhook is its password. */
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** @throws DeliveryError */
export async function postJson({ url, body, headers, signal }: Post): Promise<void> {
  const { pathname, search } = new URL(url)
  const secrets = [url, pathname.length > 1 ? pathname : '', search]
  let status: number
  let retryAfter: number | undefined
  let answer: string
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal,
      // Answers are short; a paused parser must never meet the end of its connection (unpaused-request.ts).
      highWaterMark: ANSWER_BYTES_MAX,
    })
    status = response.statusCode
    const header = response.headers['retry-after']
    retryAfter = retryAfterMs(
      Array.isArray(header) ? header[0] : header,
      Date.now(),
      RETRY_AFTER_MAX_MS,
    )
    answer = await beginningOf(response.body)
  } catch (thrown) {
    const cause = signal.aborted ? 'no answer in time' : networkCause(thrown)
    throw new DeliveryError(withoutSecrets(cause, secrets), { retryable: true })
  }
  if (status >= 200 && status < 300) return
  const said = withoutSecrets(answer, secrets)
  throw new DeliveryError(`HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
    retryable: status === 408 || status === 429 || status >= 500,
    retryAfterMs: retryAfter,
  })
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of body) {
    text += chunk.toString('utf8')
    if (text.length >= ANSWER_CHARS_MAX) break
  }
  return text.slice(0, ANSWER_CHARS_MAX).replaceAll(/\s+/g, ' ').trim()
}
