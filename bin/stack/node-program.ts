/** How to run a module of this project as a process: from source with tsx, or what was built. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'

/** @param module path from the project's root without its ending, for example `bin/cli` */
export function nodeProgram(module: string, args: readonly string[]): { command: string; args: string[] } {
  const source = join(projectRoot, `${module}.ts`)
  if (existsSync(source)) {
    return { command: process.execPath, args: ['--import', import.meta.resolve('tsx'), source, ...args] }
  }
  return { command: process.execPath, args: [join(projectRoot, 'dist', `${module}.js`), ...args] }
}
