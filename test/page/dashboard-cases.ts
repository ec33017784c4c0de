/** The dashboard, panel by panel. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { demoServer, type DemoServer } from '../support/demo-server.ts'
import type { PageBrowser } from '../support/page-browser.ts'
import { testProof } from '../support/test-page.ts'

const CHARTS = ['market', 'news', 'quality', 'importance', 'roc', 'calibration', 'drift']
const drawn = (page: Page, names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => page.waitForSelector(`#${name}-chart[role="img"] canvas`)))
const widthOf = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth')

export function dashboardCases(browser: PageBrowser, looked: () => DemoServer): void {
  it('says what is missing while nothing flows yet', async () => {
    const { page } = await browser.open(await demoServer({ withModel: false }))
    for (const text of [
      'No model is live yet. It appears',
      'No candles yet',
      'No outcome yet',
      'No version is published yet',
      'No replay has run yet',
      'some minutes after 1,500 candles of an instrument are stored',
      'No model is live yet. Importance',
      'Not investment advice',
    ])
      await page.getByText(text).first().waitFor()
    await page.locator('.proof', { hasText: 'never shown yet' }).nth(3).waitFor()
  })

  it('draws every panel, with what stands beside each figure', async () => {
    const server = await demoServer({ withModel: true })
    server.advance(100)
    server.desk.proofs.take(testProof())
    server.desk.proofs.take(
      testProof({ proof: 'skew', scope: 'SPY', state: 'failed', different: 2 }),
    )
    const { page } = await browser.open(server)
    await drawn(page, CHARTS)
    await page.getByText('Does not beat the zero forecast.').waitFor()
    await page.getByText('Simulated data').waitFor()
    expect(await page.locator('#decided tbody tr').count()).toBe(15)
    expect(await page.locator('#waiting tbody tr').count()).toBe(8)
    expect(await page.locator('#articles li').count()).toBeGreaterThan(0)
    await page.getByText('always up (naive)').or(page.getByText('always down (naive)')).waitFor()
    await page.locator('#versions tr', { hasText: 'forward_return_30 1.3.0' }).waitFor()
    await page.locator('#groups tr', { hasText: 'nobody works, records wait' }).waitFor()
    await page.getByText('Not working: redis, sentiment').waitFor()
    await page.locator('.proof[data-state="passed"]', { hasText: '0 of 65,210 differ' }).waitFor()
    await page.locator('.proof[data-state="failed"]', { hasText: '2 of 65,210 differ' }).waitFor()
    server.advance(50)
    await page.locator('#flow').getByText('150').first().waitFor()
  })

  it('opens the distributions behind a feature of the map', async () => {
    const { page } = await browser.open(looked())
    await drawn(page, ['drift'])
    await page.selectOption('#drift-feature', 'feature_3')
    await drawn(page, ['distribution'])
    await page.getByText('feature_3, window from').waitFor()
    await page.getByText('was trained on the reference (1,000 rows').waitFor()
    const farthest = await page.locator('#drift-feature option').nth(1).innerText()
    expect(farthest).not.toBe('feature_3')
    await page.locator('#drift-chart').click({ position: { x: 600, y: 24 } })
    await page.getByText(`${farthest}, window from`).waitFor()
  })

  it('goes back to a day and a range, keeps them in the address, and comes back to live', async () => {
    const { page } = await browser.open(looked())
    await page.selectOption('#range', 'week')
    await page.locator('#market-chart[aria-label*="from 2025-03-07"]').waitFor()
    await page.fill('#day', '2025-03-10')
    await page.locator('#market-chart[aria-label*="from 2025-03-04"]').waitFor()
    expect(page.url()).toMatch(/range=week.*day=2025-03-10|day=2025-03-10.*range=week/)
    await page.getByRole('button', { name: 'Back to live' }).click()
    await page.locator('#market-chart[aria-label^="100 candles"]').waitFor()
    await page.selectOption('#instrument', 'XAU_USD')
    await page.getByText('No candles yet').waitFor()
  })

  it('promotes and rolls back by token, asks first, and says what came of it', async () => {
    const server = await demoServer({ withModel: true, token: 'a secret' })
    server.advance(40)
    const { page } = await browser.open(server)
    await page.getByRole('button', { name: /^Roll back forward/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The champion before it answers again.').waitFor()
    await dialog.getByRole('button', { name: 'Roll back' }).click()
    await dialog.getByText('does not carry').waitFor()
    expect(server.desk.decisions).toEqual([])
    await dialog.getByLabel('Token').fill('a secret')
    await dialog.getByLabel('Why').fill('it drifts')
    await dialog.getByRole('button', { name: 'Roll back' }).click()
    await dialog.getByText('✓ Decided: 1.2.0 rolled back as champion.').waitFor()
    expect(server.desk.decisions).toEqual([
      { modelName: 'forward_return_30', kind: 'rollback', version: null, reason: 'it drifts' },
    ])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('403')])
  })

  it('fits a phone in both themes, and switches between them', async () => {
    const { page } = await browser.open(looked(), { width: 360, scheme: 'dark' })
    await drawn(page, CHARTS)
    const ground = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await ground()
    expect(await widthOf(page)).toBeLessThanOrEqual(360)
    await page.getByRole('button', { name: 'Switch to the light theme' }).click()
    expect(await ground()).not.toBe(dark)
    expect(await widthOf(page)).toBeLessThanOrEqual(360)
    await page.reload()
    await page.getByRole('button', { name: 'Switch to the dark theme' }).waitFor()
    // The profile is shared with the other cases.
    await page.evaluate('localStorage.clear()')
  })

  it('has links that lead somewhere', async () => {
    const { page, url } = await browser.open(looked())
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))",
    )
    for (const link of new Set(links)) {
      if (link.startsWith('#')) expect(await page.locator(link).count(), link).toBe(1)
      else expect((await fetch(url + link)).status, link).toBe(200)
    }
  })
}
