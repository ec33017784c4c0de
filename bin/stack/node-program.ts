/** How to run a module of this project as a process: from source with tsx, or what was built. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = fileURLToPath(import.meta.url)
/** The project's root, or its `dist/`. */
const top = join(dirname(here), '../..')

/**
 * A program runs others as it was run itself, so that a production build never falls back on its sources.
 *
 * @param module path from the project's root without its ending, for example `bin/cli`
 */
export function nodeProgram(
  module: string,
  args: readonly string[],
): { command: string; args: string[] } {
  if (!here.endsWith('.ts'))
    return { command: process.execPath, args: [join(top, `${module}.js`), ...args] }
  const loader = pathToFileURL(createRequire(here).resolve('tsx')).href
  return {
    command: process.execPath,
    args: ['--import', loader, join(top, `${module}.ts`), ...args],
  }
}
