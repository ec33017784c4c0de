/** The documents of the repository. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const SKIPPED = ['node_modules', 'dist', 'coverage']

/** Every Markdown file below a folder, with its path. */
export function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || SKIPPED.includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdownFiles(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}
