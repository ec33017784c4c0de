/** The pages for those who use no mouse, see no colour, or listen. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { DemoServer } from '../support/demo-server.ts'
import { tryExample } from './simulator-cases.ts'
import type { PageBrowser } from '../support/page-browser.ts'

/** Things without a name, ids twice, headings that skip a level, fields without a label. */
const FAULTS = `(() => {
  const faults = []
  const nameOf = (e) => (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent || e.textContent || e.alt || '').trim()
  for (const e of document.querySelectorAll('button, a[href], input, select, textarea, [role=img], [role=region], progress, dialog, nav'))
    if (nameOf(e) === '') faults.push('no name: ' + e.outerHTML.slice(0, 90))
  for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) faults.push('no alt')
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: ' + id)
  for (const e of document.querySelectorAll('[aria-labelledby]'))
    if (!document.getElementById(e.getAttribute('aria-labelledby'))) faults.push('label is missing')
  let level = 0
  for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
    const next = Number(e.tagName[1])
    if (next > level + 1) faults.push('skips a level: ' + e.textContent)
    level = next
  }
  for (const e of document.querySelectorAll('table')) if (e.querySelectorAll('th[scope]').length === 0) faults.push('table without heads')
  return faults
})()`

/** Contrast of text and ground of every element that holds text, by WCAG 2.1; below 4.5 is a fault. */
const CONTRAST = `(() => {
  const numbers = (c) => c.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0)
  const ground = (e) => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c } return [255, 255, 255] }
  const faults = []
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('[hidden], dialog:not([open]), noscript') || e.disabled || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '')) continue
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(ground(e))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) faults.push(ratio.toFixed(2) + ' ' + e.outerHTML.slice(0, 90))
  }
  return faults
})()`

/** What has the focus, and whether one can see it. */
const FOCUSED = `(() => {
  const e = document.activeElement
  if (e === null || e === document.body) return null
  const style = getComputedStyle(e)
  const box = e.getBoundingClientRect()
  return { name: e.id || e.textContent.trim().slice(0, 30) || e.tagName, seen: style.outlineStyle !== "none" && box.width > 0 && box.height > 0 }
})()`

export function accessCases(browser: PageBrowser, looked: () => DemoServer): void {
  async function full(scheme: 'dark' | 'light', path = '/'): Promise<Page> {
    const { page } = await browser.open(looked(), { scheme, path })
    if (path === '/') {
      await page.waitForSelector('#drift-chart[role="img"] canvas')
      await page.locator('#versions button').first().waitFor()
      await page.locator('#health li').first().waitFor()
      await page.locator('#day-before:enabled').waitFor()
    }
    return page
  }

  it('names everything and is readable, dark and light', async () => {
    for (const path of ['/', '/simulator']) {
      const page = await full('dark', path)
      if (path === '/simulator') await tryExample(page)
      for (const scheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.waitForSelector(`html[data-theme="${scheme}"]`)
        expect(await page.evaluate<string[]>(FAULTS), scheme).toEqual([])
        expect(await page.evaluate<string[]>(CONTRAST), scheme).toEqual([])
      }
    }
  })

  it('is walked through by keyboard alone, visibly, in order, and out again', async () => {
    const page = await full('light')
    const walked: string[] = []
    for (let step = 0; step < 120; step += 1) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate<{ name: string; seen: boolean } | null>(FOCUSED)
      if (focused === null) break
      expect(focused.seen, JSON.stringify(focused)).toBe(true)
      walked.push(focused.name)
    }
    expect(walked[0]).toBe('Skip to the panels')
    const order = ['instrument', 'range', 'day-before', 'day', 'theme', 'judged', 'drift-feature']
    expect(walked.filter((name, i) => order.includes(name) && walked.indexOf(name) === i)).toEqual(
      order,
    )
    expect(walked.length).toBeLessThan(100)
    expect(walked.at(-1)).toBe('News simulator')
  })

  it('skips to the panels, and gives the focus back when a question is closed', async () => {
    const page = await full('light')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main')
    const button = page.locator('#versions button').first()
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.waitForFunction('document.activeElement.dataset.decides !== undefined')
  })
}
