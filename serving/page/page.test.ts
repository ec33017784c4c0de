/**
 * The pages in a real browser; skipped where there is none. Anything on its console is a failure. One
 * browser for all, and one server for the cases that only look.
 */
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { accessCases } from '../../test/page/access-cases.ts'
import { dashboardCases } from '../../test/page/dashboard-cases.ts'
import { docsCases } from '../../test/page/docs-cases.ts'
import { enduranceCases } from '../../test/page/endurance-cases.ts'
import { simulatorCases } from '../../test/page/simulator-cases.ts'
import { demoServer, type DemoServer } from '../../test/support/demo-server.ts'
import { BROWSER_PATH, PageBrowser } from '../../test/support/page-browser.ts'

describe.skipIf(BROWSER_PATH === undefined)('the pages', () => {
  const browser = new PageBrowser()
  let shared: DemoServer | undefined
  beforeAll(async () => {
    await browser.start()
    shared = browser.keep(await demoServer({ withModel: true }))
    shared.advance(100)
  })
  afterAll(() => browser.stop())
  afterEach(async () => expect(await browser.closePages()).toEqual([]))
  const looked = (): DemoServer => shared ?? expect.fail('There is no server')

  describe('the dashboard', () => dashboardCases(browser, looked))
  describe('the news simulator', () => simulatorCases(browser, looked))
  describe('the pages without mouse and colour', () => accessCases(browser, looked))
  describe('the documents of the API', () => docsCases(browser, looked))
  describe('the dashboard over time', () => enduranceCases(browser))
})
