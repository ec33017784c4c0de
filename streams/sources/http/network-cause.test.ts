import { expect, it } from 'vitest'
import { networkCause } from './network-cause.ts'

it('digs the reason out of its wrappings', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:9'), { code: 'ECONNREFUSED' })
  const wrapped = new TypeError('fetch failed', { cause: new AggregateError([refused], '') })
  expect(networkCause(wrapped)).toBe('connect ECONNREFUSED ::1:9')
  expect(
    networkCause(Object.assign(new Error('Body Timeout Error'), { code: 'UND_ERR_BODY_TIMEOUT' })),
  ).toBe('Body Timeout Error (UND_ERR_BODY_TIMEOUT)')
  expect(networkCause('text')).toBe('text')
})

it('does not follow causes for ever', () => {
  const looped = new Error('a')
  looped.cause = looped
  expect(networkCause(looped)).toBe('a')
})
