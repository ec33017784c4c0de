/**
 * One self-contained HTML file: inline style, charts as SVG, no script and no request, which the page
 * itself forbids by its content security policy. Light or dark as the reader's system is.
 */
import { html, type Html } from './html.ts'
import { REPORT_STYLE } from './report-style.ts'

export interface ReportSection {
  /** Anchor; letters, digits and hyphens. */
  readonly id: string
  readonly title: string
  readonly body: Html
}

export interface ReportPage {
  readonly title: string
  /** What it is of, below the title. */
  readonly subtitle: string
  /** Shown before the list of contents: the verdict. */
  readonly summary: Html
  readonly sections: readonly ReportSection[]
}

/** @returns the whole file */
export function reportPage({ title, subtitle, summary, sections }: ReportPage): string {
  const links = sections.map(
    (section) => html`<li><a href="#${section.id}">${section.title}</a></li>`,
  )
  const bodies = sections.map(
    (section) =>
      html` <section id="${section.id}" aria-labelledby="${section.id}-title">
        <h2 id="${section.id}-title">${section.title}</h2>
        ${section.body}
      </section>`,
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${REPORT_STYLE}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="subtitle">${subtitle}</p>
        </header>
        <main>
          <div class="summary">${summary}</div>
          <nav aria-label="Contents">
            <ul>
              ${links}
            </ul>
          </nav>
          ${bodies}
        </main>
        <footer>Not investment advice. Made by Candlewire.</footer>
      </body>
    </html> `.text
}
