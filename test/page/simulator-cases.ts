/** The news simulator: what is tried leaves no trace, and what is published is a choice of its own. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { demoServer, type DemoServer } from '../support/demo-server.ts'
import type { PageBrowser } from '../support/page-browser.ts'

/** Paths that the page posted to, in order. */
function posts(page: Page): string[] {
  const seen: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') seen.push(new URL(request.url()).pathname)
  })
  return seen
}

/** Tries the first example, as a click does. */
export async function tryExample(page: Page): Promise<void> {
  await page.locator('#examples button').first().click()
  await page.locator('#would table').nth(1).waitFor()
}

const rowOf = (page: Page, name: string): Promise<string[]> =>
  page
    .locator('#would tr', { has: page.locator(`th:text-is("${name}")`) })
    .locator('td')
    .allInnerTexts()

export function simulatorCases(browser: PageBrowser, looked: () => DemoServer): void {
  it('shows what a headline would move beside the naive forecast, by keyboard, publishing nothing', async () => {
    const { page } = await browser.open(looked(), { path: '/simulator' })
    const sent = posts(page)
    await page.getByText('Trying a headline publishes nothing').waitFor()
    await page.locator('#title').focus()
    await page.keyboard.type('Central bank cuts rates')
    await page.keyboard.press('Enter')
    await page.getByText('“Central bank cuts rates”').waitFor()
    await page.getByText('▲ positive: positive 80 %, neutral 10 %, negative 10 %').waitFor()
    expect(await rowOf(page, 'mean sentiment of the hour')).toEqual(['0.1000', '0.3000', '+0.2000'])
    expect(await rowOf(page, 'articles of the hour')).toEqual(['2', '3', '+1'])
    expect(await rowOf(page, 'signal')).toEqual(['■ none', '▲ positive', '+1'])
    expect(await rowOf(page, 'this model')).toEqual(['+0.0123 %', '+0.0171 %', '+0.0048'])
    expect(await rowOf(page, 'naive: no change of price')).toEqual([
      '0.0000 %',
      '0.0000 %',
      '= no change',
    ])
    await page.getByText('3 inputs of this model are news.').waitFor()
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('title')
    expect(sent).toEqual(['/page/trial'])
  })

  it('says so where a headline moves nothing, and puts words in as text', async () => {
    const { page } = await browser.open(looked(), {
      path: '/simulator',
      width: 360,
      scheme: 'dark',
    })
    await page.getByRole('button', { name: 'Try it, publish nothing' }).click()
    await page.getByText('Write a headline first.').waitFor()
    await page.fill('#title', '<img src=x onerror=alert(1)> & no news')
    await page.keyboard.press('Enter')
    await page.getByText('“<img src=x onerror=alert(1)> & no news”').waitFor()
    expect(await page.locator('#would img').count()).toBe(0)
    expect(await rowOf(page, 'this model')).toEqual(['+0.0123 %', '+0.0123 %', '= no change'])
    await page.getByText('This model reads no news').waitFor()
    await page.getByText('part of the change is theirs').waitFor()
    expect(await page.getByText('Write a headline first.').count()).toBe(0)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      360,
    )
    // The tables need no scrolling sideways.
    expect(
      await page.evaluate<number[]>(
        "[...document.querySelectorAll('#would .scroll')].map((e) => e.scrollWidth - e.clientWidth)",
      ),
    ).toEqual([0, 0])
    const ground = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await ground()
    await page.emulateMedia({ colorScheme: 'light' })
    await page.waitForSelector('html[data-theme="light"]')
    expect(await ground()).not.toBe(dark)
  })

  it('publishes only by the button that says so, and shows the score of what was published', async () => {
    const { page } = await browser.open(await demoServer({ withModel: true }), {
      path: '/simulator',
    })
    const sent = posts(page)
    await tryExample(page)
    await page.getByText('Nothing published yet.').waitFor()
    const title = await page.inputValue('#title')
    await page.getByRole('button', { name: 'Publish the headline above to news.v1' }).click()
    await page.locator('#sent li', { hasText: title }).getByText('positive 81 %').waitFor()
    await page.getByRole('button', { name: 'Publish a negative one' }).click()
    await page.locator('#sent li').nth(1).waitFor()
    expect(sent).toEqual(['/page/trial', '/api/stream/custom', '/api/stream/negative'])
  })

  it('says why there is no answer, and answers again', async () => {
    const server = await demoServer({ withModel: true })
    const { trials } = server.desk.page
    const { try: answer } = trials
    const { page } = await browser.open(server, { path: '/simulator' })
    Object.assign(trials, {
      try: () => Promise.reject(new CandlewireError('SERVICE_NOT_READY', 'No model to try with')),
    })
    await page.locator('#examples button').first().click()
    await page.locator('#refusal', { hasText: 'No model to try with' }).waitFor()
    Object.assign(trials, { try: answer })
    await tryExample(page)
    expect(await page.innerText('#refusal')).toBe('')
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('503')])
  })
}
