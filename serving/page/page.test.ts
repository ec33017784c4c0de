/** The page in a real browser; skipped where there is none. Anything on its console is a failure. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoServer, type DemoServer } from '../../test/support/demo-server.ts'

const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))
/** Without these a browser looks for updates and hosts that a closed network does not have. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe.skipIf(executablePath === undefined)('the page', () => {
  let browser: Browser
  let demo: DemoServer | undefined
  let page: Page
  const complaints: string[] = []
  const foreign: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args })
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    await page.close()
    await demo?.close()
    expect(complaints.splice(0)).toEqual([])
    expect(foreign.splice(0)).toEqual([])
  })

  async function open(server: DemoServer, width = 1280): Promise<string> {
    demo = server
    const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
    page = await browser.newPage({ viewport: { width, height: 900 } })
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) foreign.push(request.url())
    })
    await page.goto(url)
    await page.waitForSelector('#connection[data-state="live"]')
    return url
  }

  it('says what is missing while nothing flows yet', async () => {
    await open(await demoServer({ withModel: false }))
    await page.getByText('No model is live yet').waitFor()
    await page.getByText('No prices yet').waitFor()
    await page.getByText('Not investment advice').waitFor()
  })

  it('shows pipeline, model beside the zero forecast, charts, outcomes and news as they come', async () => {
    const server = await demoServer({ withModel: true })
    server.advance(100)
    await open(server)
    await page.getByText('Does not beat the zero forecast.').waitFor()
    await page.getByText('Simulated data').waitFor()
    await page
      .locator('#routes tr')
      .filter({ hasText: /forward_return_30 1\.3\.0\s*champion/ })
      .waitFor()
    for (const chart of ['#price-chart', '#return-chart']) {
      await page.waitForSelector(`${chart} path.price[d^="M"]`)
      await page.waitForSelector(`${chart} path.forecast[d^="M"]`)
    }
    expect(await page.locator('#decided tr').count()).toBe(15)
    expect(await page.locator('#waiting tr').count()).toBe(8)
    expect(await page.locator('#news li').count()).toBeGreaterThan(0)
    expect(await page.locator('#flow li').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/predictions\s+100/)]),
    )
    server.advance(50)
    await page.locator('#flow').getByText('150').first().waitFor()
    await page.locator('#price-chart').hover({ position: { x: 300, y: 100 } })
    await page
      .locator('#price-chart .reading')
      .filter({ hasText: /close \d/ })
      .waitFor()
  })

  it('fits a phone and does not grow while it runs', async () => {
    const server = await demoServer({ withModel: true })
    server.advance(400)
    await open(server, 390)
    await page.waitForSelector('#decided tr')
    const nodes = (): Promise<number> => page.locator('*').count()
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      390,
    )
    const before = await nodes()
    for (let round = 1; round <= 4; round += 1) {
      server.advance(50)
      await page
        .locator('#flow')
        .getByText(String(400 + 50 * round))
        .first()
        .waitFor()
    }
    expect(Math.abs((await nodes()) - before)).toBeLessThan(40)
  })

  it('publishes simulated articles and shows what became of them', async () => {
    const url = await open(await demoServer({ withModel: true }), 390)
    await page.goto(`${url}/simulator`)
    for (const [index, tone] of ['Positive', 'Negative', 'Neutral'].entries()) {
      await page.getByRole('button', { name: tone }).click()
      await page.locator('#sent li').nth(index).waitFor()
    }
    await page.getByLabel('Your own headline').fill('Fed <b>cuts</b> rates')
    await page.getByLabel('Your own headline').press('Enter')
    const newest = page.locator('#sent li').first()
    await newest.getByText('Fed <b>cuts</b> rates').waitFor()
    await newest.getByText('positive: positive 81 %, negative 7 %, neutral 12 % (demo)').waitFor()
    await page.locator('#sent .shares').nth(3).waitFor()
    expect(await page.getByLabel('Your own headline').inputValue()).toBe('')
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      390,
    )
  })

  it('says why a simulated article is refused', async () => {
    const url = await open(await demoServer({ withModel: true }))
    await page.goto(`${url}/simulator`)
    await page.getByRole('button', { name: 'Publish it' }).click()
    await page.getByText('Write a headline first.').waitFor()
    await page.getByText('More', { exact: true }).click()
    await page.getByLabel('Instrument').fill('not a name')
    await page.getByRole('button', { name: 'Positive' }).click()
    await page.getByText('body/instrument must match pattern').waitFor()
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400')])
  })

  it('comes back by itself when the server was away', async () => {
    const first = await demoServer({ withModel: true })
    const url = await open(first)
    await first.close()
    await page.waitForSelector('#connection[data-state="lost"]')
    demo = await demoServer({ withModel: true })
    demo.advance(5)
    await demo.app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) })
    await page.waitForSelector('#connection[data-state="live"]')
    // The browser itself reports the refused connections meanwhile, and what a closing server answers.
    complaints.splice(
      0,
      complaints.length,
      ...complaints.filter((text) => !/net::ERR_|status of 503/.test(text)),
    )
  })
})
