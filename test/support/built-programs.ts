/**
 * Programs that tests spawn, compiled to `dist/` as production runs them: from there a boot takes half the
 * processor time of one from source, and the integration tests boot more than a hundred.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../../bin/project-root.ts'

/** Compiles what is out of date, unchecked: the types are another check's. @throws Error what tsc says */
export async function buildPrograms(): Promise<void> {
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc')
  const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.programs.json'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The programs of the tests do not compile:\n${said}`)
}

/** @param module path from the project's root without its ending, for example `bin/cli` */
export function builtProgram(
  module: string,
  args: readonly string[],
): { command: string; args: string[] } {
  return {
    command: process.execPath,
    args: [join(projectRoot, 'dist', `${module}.js`), ...args],
  }
}
