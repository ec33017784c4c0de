/** The dashboard over a long time and over interruptions. */
import { expect, it } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { demoServer } from '../support/demo-server.ts'
import type { PageBrowser } from '../support/page-browser.ts'

/** Elements, bars and points that the page holds, and what its heap takes after a collection. */
const HELD = `({
  nodes: document.querySelectorAll('*').length,
  canvases: document.querySelectorAll('canvas').length,
})`

export function enduranceCases(browser: PageBrowser): void {
  it('does not grow while thousands of records pass', async () => {
    const server = await demoServer({ withModel: true })
    server.advance(600)
    const { page } = await browser.open(server)
    await page.waitForSelector('#market-chart[role="img"] canvas')
    await page.locator('#versions button').first().waitFor()
    const session = await page.context().newCDPSession(page)
    const heap = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage')
      const { usedSize } = await session.send('Runtime.getHeapUsage')
      return usedSize / 1024 / 1024
    }
    const held = () => page.evaluate<{ nodes: number; canvases: number }>(HELD)
    const pass = async (bars: number): Promise<void> => {
      for (let passed = 0; passed < bars; passed += 100) {
        server.advance(100)
        shown += 100
        await page
          .locator('#flow')
          .getByText(new Intl.NumberFormat('en').format(shown))
          .first()
          .waitFor()
      }
    }
    let shown = 600
    await pass(400)
    const [before, heapBefore] = [await held(), await heap()]
    await pass(1_600)
    const [after, heapAfter] = [await held(), await heap()]
    // 1,600 bars are 8,000 records: candles, vectors, predictions, outcomes, articles.
    expect(Math.abs(after.nodes - before.nodes)).toBeLessThan(40)
    expect(after.canvases).toBe(before.canvases)
    expect(heapAfter - heapBefore).toBeLessThan(12)
    expect(await page.locator('#market-chart').getAttribute('aria-label')).toMatch(/^240 candles/)
  })

  it('says since when the server is away, and comes back by itself when it returns', async () => {
    const first = await demoServer({ withModel: true })
    first.advance(3)
    const { page, url } = await browser.open(first)
    await page.locator('#quality .as-of[data-old="false"]').waitFor()
    await first.close()
    await page.waitForSelector('#connection[data-state="lost"]')
    await page.getByText(/Disconnected since \d\d:\d\d:\d\d UTC/).waitFor()
    // Every panel at once, not at its next question.
    expect(await page.locator('.card .as-of[data-old="false"]').allInnerTexts()).toEqual([])
    await page.locator('#health-summary[data-state="bad"]', { hasText: 'said last' }).waitFor()
    expect(await page.locator('#health li').allInnerTexts()).toHaveLength(1)
    const second = await demoServer({ withModel: true })
    second.advance(5)
    try {
      await second.app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) })
      await page.waitForSelector('#connection[data-state="live"]')
      await page.locator('#market-chart[aria-label^="5 candles"]').waitFor()
      await page.locator('#quality .as-of[data-old="false"]').waitFor()
      await page.locator('#health li', { hasText: 'features' }).waitFor()
    } finally {
      await page.close()
      await second.close()
    }
    // The browser itself reports the refused connections meanwhile, and what a closing server answers.
    const rest = browser.complaints.filter((text) => !/net::ERR_|status of 503/.test(text))
    browser.complaints.splice(0, Infinity, ...rest)
  })

  it('keeps what it showed while a store is away, says why, and shows it again', async () => {
    const server = await demoServer({ withModel: true })
    server.advance(60)
    const { market } = server.desk.page
    const { news } = market
    const { page } = await browser.open(server)
    await page.waitForSelector('#news-chart[role="img"] canvas')
    Object.assign(market, {
      news: () => Promise.reject(new CandlewireError('STORE_FAILED', 'It is away')),
    })
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.locator('#news .as-of[data-old="true"]', { hasText: 'as of' }).waitFor()
    expect(await page.locator('#news-chart canvas').count()).toBe(1)
    // A part that is back is asked at once; the news panel itself would ask 20 s later.
    Object.assign(market, { news })
    server.parts.length = 0
    await page.locator('#news .as-of[data-old="false"]').waitFor({ timeout: 12_000 })
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('503')])
  })
}
