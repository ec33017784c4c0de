/** What OANDA's answers mean: the candles, a refusal that stays one, or a failure that passes. */
import { z } from 'zod'
import { CandlewireError } from '../../errors.ts'
import { retryAfterMs } from '../http/retry-after.ts'

/** Longest wait a Retry-After is followed for. */
const RETRY_AFTER_MAX_MS = 300_000
const MESSAGE_CHARACTERS_MAX = 200

export interface OandaAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

/** Whose answer it is: for messages, and for telling token, account and instrument faults apart. */
export interface Asked {
  /** Base URL. */
  readonly of: string
  readonly what: 'candles' | 'price stream'
  readonly instrument: string
}

const candlesSchema = z.object({
  instrument: z.string(),
  granularity: z.literal('M1'),
  candles: z.array(z.unknown()),
})

/** @throws CandlewireError SOURCE_UNAVAILABLE where the body is not the candles that were asked for */
export function candlesOf(body: string, asked: Asked): unknown[] {
  const parsed = candlesSchema.safeParse(parsedJson(body, asked))
  const isOther = parsed.success && parsed.data.instrument !== asked.instrument
  if (parsed.success && !isOther) return parsed.data.candles
  const issue = parsed.success ? undefined : parsed.error.issues[0]
  const why = isOther
    ? `candles of ${brief(parsed.data.instrument)}`
    : `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`
  throw unavailable(asked, `answered with something else (${why})`)
}

/** OANDA refuses a time it has not reached; by a clock that is ahead that is no fault, only too early. */
export const isTooEarly = ({ status, body }: OandaAnswer): boolean =>
  status === 400 && /'(from|to)'.*in the future/i.test(body)

/** The error for an answer that is not 200; its message may hold what the server wrote: redact it. */
export function answerFailure(
  answer: OandaAnswer,
  asked: Asked,
  serverNowMs: number,
): CandlewireError {
  const { status } = answer
  const said = saidBy(answer)
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  if (isPassing) {
    const waitMs = retryAfterMs(answer.retryAfter, serverNowMs, RETRY_AFTER_MAX_MS)
    return unavailable(asked, `answered ${said}`, waitMs)
  }
  return new CandlewireError('SOURCE_REFUSED', `${asked.of} ${refusal(answer, asked)} (${said})`, {
    details: { status },
  })
}

function refusal({ status, body }: OandaAnswer, { what, instrument }: Asked): string {
  const isStream = what === 'price stream'
  if (status === 401)
    return 'does not accept the token: check OANDA_TOKEN, and that OANDA_ENVIRONMENT names the system it was made for'
  if (status === 403)
    return `does not allow the token to see the ${what}${isStream ? ': check OANDA_ACCOUNT' : ''}`
  if (status === 404 || /instrument/i.test(body))
    return isStream
      ? 'does not know the account or an instrument: check OANDA_ACCOUNT and OANDA_INSTRUMENTS'
      : `does not know the instrument ${instrument}; its names look like SPX500_USD or EUR_USD`
  if (status >= 300 && status < 400) return 'redirects, which is not followed with a token'
  return `refuses to send the ${what} of ${instrument}`
}

export const unavailable = (
  { of, what, instrument }: Asked,
  why: string,
  waitMs?: number,
): CandlewireError =>
  new CandlewireError('SOURCE_UNAVAILABLE', `${of}, ${what} of ${instrument}: ${why}`, {
    details: waitMs === undefined ? {} : { retryAfterMs: waitMs },
  })

function saidBy({ status, body }: OandaAnswer): string {
  const message = /"errorMessage"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body
  const text = brief(message)
  return text === '' ? String(status) : `${status}: ${text}`
}

/** On one line, without control characters: a server's text goes to a terminal. */
const brief = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_CHARACTERS_MAX)

function parsedJson(body: string, asked: Asked): unknown {
  try {
    return JSON.parse(body)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw unavailable(asked, 'answered with JSON that breaks off or is none')
  }
}
