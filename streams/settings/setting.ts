/** One setting, and the kinds of values that several have. */
import { z } from 'zod'

export interface Setting<T> {
  readonly env: string
  readonly schema: z.ZodType<T>
  readonly fallback: string
  readonly doc: string
  readonly secret?: true
}

export const setting = <T>(
  env: string,
  schema: z.ZodType<T>,
  fallback: string,
  doc: string,
): Setting<T> => ({ env, schema, fallback, doc })
export const secret = <T>(env: string, schema: z.ZodType<T>, fallback: string, doc: string) =>
  ({ ...setting(env, schema, fallback, doc), secret: true }) as const

export const port = z.coerce.number().int().min(1).max(65535)
export const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
export const text = z.string()
export const webAddress = z.union([z.literal(''), z.url({ protocol: /^https?$/ })], {
  error: 'is not an http(s) address',
})
export const zone = z.string().refine(
  (name) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name })
      return true
    } catch (thrown) {
      return !(thrown instanceof RangeError)
    }
  },
  { message: 'is not an IANA time zone' },
)
