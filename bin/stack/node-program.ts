/** How to run a module of this project as a process: from source with tsx, or what was built. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../project-root.ts'

/** @param module path from the project's root without its ending, for example `bin/cli` */
export function nodeProgram(
  module: string,
  args: readonly string[],
): { command: string; args: string[] } {
  const source = join(projectRoot, `${module}.ts`)
  if (existsSync(source)) {
    const loader = createRequire(join(projectRoot, 'package.json')).resolve('tsx')
    return {
      command: process.execPath,
      args: ['--import', pathToFileURL(loader).href, source, ...args],
    }
  }
  return { command: process.execPath, args: [join(projectRoot, 'dist', `${module}.js`), ...args] }
}
