/** A real browser for tests of the page; anything on its console, or asked of another host, is a complaint. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { DemoServer } from './demo-server.ts'

export const BROWSER_PATH = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))
/** Without these a browser looks for updates and hosts that a closed network does not have. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** A busy machine draws slowly. */
const PATIENCE_MS = 50_000

export interface PageOptions {
  readonly width?: number
  readonly scheme?: 'dark' | 'light'
  readonly path?: string
}

/** A server that listens, and the profile its pages share: what they cache and store. */
interface Served {
  readonly url: string
  readonly context: BrowserContext
}

export class PageBrowser {
  /** What the console said and which hosts were asked. */
  readonly complaints: string[] = []
  private browser: Browser | undefined
  private readonly served = new Map<DemoServer, Served>()
  private readonly kept = new Set<DemoServer>()
  private readonly pages: Page[] = []

  async start(): Promise<void> {
    this.browser = await chromium.launch({ executablePath: BROWSER_PATH ?? '', args: ARGUMENTS })
  }

  async stop(): Promise<void> {
    this.kept.clear()
    await this.closePages()
    await this.browser?.close()
  }

  /** This server outlives a test: for those that only look. */
  keep(demo: DemoServer): DemoServer {
    this.kept.add(demo)
    return demo
  }

  /** Closes what a test has opened. @returns the complaints */
  async closePages(): Promise<string[]> {
    for (const page of this.pages.splice(0)) await page.close()
    for (const [demo, { context }] of this.served) {
      if (this.kept.has(demo)) continue
      this.served.delete(demo)
      await context.close()
      await demo.close()
    }
    return this.complaints.splice(0)
  }

  /** Opens the page of a server and waits until it is live. */
  async open(demo: DemoServer, options: PageOptions = {}): Promise<{ page: Page; url: string }> {
    const { width = 1_280, scheme = 'light', path = '/' } = options
    const { url, context } = await this.serve(demo)
    const page = await context.newPage()
    this.pages.push(page)
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme })
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.complaints.push(`asked for ${request.url()}`)
    })
    await page.goto(url + path)
    if (path === '/') await page.waitForSelector('#connection[data-state="live"]')
    return { page, url }
  }

  private async serve(demo: DemoServer): Promise<Served> {
    const known = this.served.get(demo)
    if (known !== undefined) return known
    const url = await demo.app.listen({ host: '127.0.0.1', port: 0 })
    const made = { url, context: await this.browser!.newContext() }
    this.served.set(demo, made)
    return made
  }
}
