/** The documents of the API under their own policy; what it blocks is a complaint of the browser. */
import { expect, it } from 'vitest'
import type { DemoServer } from '../support/demo-server.ts'
import type { PageBrowser } from '../support/page-browser.ts'

export function docsCases(browser: PageBrowser, looked: () => DemoServer): void {
  it('shows every operation, and opens one, without anything that the policy blocks', async () => {
    const { page } = await browser.open(looked(), { path: '/docs' })
    const operations = page.locator('.opblock-summary-control')
    await operations.first().waitFor()
    expect(await operations.count()).toBeGreaterThan(30)
    await page.locator('#operations-prediction-post_predict .opblock-summary-control').click()
    await page.locator('#operations-prediction-post_predict .opblock-body').waitFor()
  })
}
