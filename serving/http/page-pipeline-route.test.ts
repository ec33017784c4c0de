import { afterEach, expect, it } from 'vitest'
import { testApp, type TestApp } from '../../test/support/test-app.ts'

let setup: TestApp | undefined
afterEach(() => setup?.close())

const ask = async () => (await setup!.app.inject('/page-data/pipeline')).json<object>()

it('names every part once, and where the consumer groups stand', async () => {
  setup = await testApp()
  expect(await ask()).toMatchObject({
    components: [{ name: 'redis', ok: true, detail: 'connected' }],
    groupsFailure: null,
  })
})

it('does not wait for a broker that is known to be away, and keeps what it told last', async () => {
  setup = await testApp({ components: () => [{ name: 'kafka', ok: false, detail: 'refused' }] })
  Object.assign(setup.page.pipeline, { states: () => new Promise(() => undefined) })
  expect(await ask()).toMatchObject({
    components: [{ name: 'kafka', ok: false, detail: 'refused' }],
    groupsFailure: 'refused',
    groups: setup.page.pipeline.unasked('refused').groups,
  })
})
