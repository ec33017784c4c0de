import { afterEach, describe, expect, it } from 'vitest'
import { testApp, type TestApp } from '../../test/support/test-app.ts'
import { testIntake } from '../../test/support/test-intake.ts'

let setup: TestApp | undefined
afterEach(() => setup?.close())

const post = (body: object, headers: Record<string, string> = {}) =>
  setup?.app.inject({ method: 'POST', url: '/page/trial', headers, payload: body }) ??
  expect.fail('no app')

describe('POST /page/trial', () => {
  it('answers what a headline would do to the default instrument, and publishes nothing', async () => {
    const intake = testIntake()
    setup = await testApp({ intake })
    const answer = await post({ title: 'Central bank cuts rates' })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual(
      await setup.page.trials.try('Central bank cuts rates', '', 'SPX500_USD'),
    )
    expect(intake.published).toEqual([])
  })

  it('refuses what is no headline, what nobody asked for, and pages of other sites', async () => {
    setup = await testApp()
    for (const body of [
      {},
      { title: '' },
      { title: 'x'.repeat(501) },
      { title: 'x', publish: true },
    ])
      expect((await post(body)).statusCode).toBe(400)
    const foreign = await post({ title: 'x' }, { 'sec-fetch-site': 'cross-site' })
    expect(foreign.statusCode).toBe(403)
  })

  it('asks for the token that news ask for', async () => {
    setup = await testApp({ intake: testIntake({ token: 'a secret' }) })
    expect((await post({ title: 'x' })).statusCode).toBe(403)
    expect((await post({ title: 'x' }, { authorization: 'Bearer a secret' })).statusCode).toBe(200)
  })
})
