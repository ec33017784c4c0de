/** Questions to the server: always with an end, and an error in words. */
const ANSWER_MS = 12_000

/** What the server said, or why it said nothing. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

export async function ask(path, { query, body, token, signal, answerMs = ANSWER_MS } = {}) {
  const url = query === undefined ? path : `${path}?${new URLSearchParams(query)}`
  const limits = [AbortSignal.timeout(answerMs), ...(signal === undefined ? [] : [signal])]
  let response
  try {
    response = await fetch(url, {
      signal: AbortSignal.any(limits),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
    })
  } catch {
    if (signal?.aborted) throw new DOMException('No longer wanted', 'AbortError')
    throw new Refusal('The server does not answer.', 0)
  }
  const answer = await response.json().catch(() => null)
  if (response.ok) return answer
  const { message, remedy = '' } = answer?.error ?? {}
  throw new Refusal(
    message === undefined ? `The server answers ${response.status}.` : `${message}. ${remedy}`,
    response.status,
  )
}
