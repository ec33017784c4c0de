/** `docs/runbooks/README.md`: the pages there are, each with its heading and first sentence. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export function runbooksDocument(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')
  const rows = files.sort().map((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    const title = (lines[0] ?? '').replace(/^#\s*/, '')
    const begins = lines.findIndex((line, at) => at > 0 && line.trim() !== '')
    const end = lines.findIndex((line, at) => at > begins && line.trim() === '')
    const paragraph = lines
      .slice(begins, end < 0 ? undefined : end)
      .join(' ')
      .replace('**What it means.** ', '')
    return `| [${title}](${file}) | ${/^.*?[.:](?=\s|$)/.exec(paragraph)?.[0].replace(/:$/, '.') ?? paragraph} |\n`
  })
  return `${HEAD}${rows.join('')}`
}

const HEAD = `# Runbooks

What to do when an alert arrives: every alert names its page. Generated from the pages. Names with \`_\` are alerts of
Candlewire itself ([alerts.md](../alerts.md)), those with \`-\` rules of Prometheus ([monitoring.md](../monitoring.md)).

| page | begins |
|---|---|
`
