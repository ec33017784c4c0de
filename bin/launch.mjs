/** Running programs of this project from plain Node, before anything is installed or built. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Arguments for Node that run a module: its source with tsx, or, without sources, what was built. */
export function moduleArgs(module) {
  const source = join(root, `${module}.ts`)
  if (!existsSync(source)) return [join(root, 'dist', `${module}.js`)]
  return [
    '--import',
    pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href,
    source,
  ]
}

let isTold = false
/** Whether a command was told by a signal to end. */
export const wasToldToEnd = () => isTold

/**
 * Runs a command to its end with this process's terminal. Signals are passed on: a terminal sends
 * Ctrl-C to both by itself, so then it is only waited for.
 *
 * @param options.withChannel lets the child know by its channel if this process is killed
 * @param options.onStart gets the process id
 * @returns {Promise<number>} its exit code; 128 + n if signal n ended it
 */
export function run(command, args, { quietOut = false, withChannel = false, onStart } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: [
        'inherit',
        quietOut ? 'ignore' : 'inherit',
        'inherit',
        ...(withChannel ? ['ipc'] : []),
      ],
    })
    onStart?.(child.pid)
    const pass = (signal) => {
      isTold = true
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    const end = (code) => {
      for (const signal of signals) process.off(signal, pass)
      resolve(code)
    }
    child.once('error', (error) => {
      console.error(`${command} cannot be run: ${error.message}`)
      end(127)
    })
    child.once('exit', (code, signal) => end(code ?? 128 + constants.signals[signal]))
  })
}
