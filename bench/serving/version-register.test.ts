import { expect, it } from 'vitest'
import { VersionRegister } from './version-register.ts'

it('takes the versions that were live during a request, and no others', () => {
  const register = new VersionRegister()
  register.publish(0)
  const early = register.newest
  expect(register.judge(0, early)).toBeUndefined()
  register.publish(1)
  const during = register.newest
  // Both may answer while the swap is under way, in any order.
  expect(register.judge(1, during)).toBeUndefined()
  expect(register.judge(0, during)).toBeUndefined()
  // Who begins after the new one was seen must not be sent back.
  expect(register.judge(0, register.newest)).toBe('replaced before the request began')
  expect(register.judge(2, register.newest)).toBe('not published when it was named')
  expect(register.newest).toBe(1)
})
