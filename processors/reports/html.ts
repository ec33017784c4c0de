/**
 * Text that is HTML, told apart from text that is not: what is put into a template is escaped unless
 * it was made by one. So a column name, a cause or an instrument can hold anything.
 */

export class Html {
  readonly text: string

  /** @param text is trusted: use {@link html} for everything that holds data. */
  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | readonly Part[]

/** A template whose parts are escaped; arrays are joined, HTML stays as it is. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    texts.reduce((all, text, i) => all + text + (i < parts.length ? partText(parts[i]!) : ''), ''),
  )
}

function partText(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(partText).join('')
  return escapeHtml(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For element content and quoted attributes. */
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
