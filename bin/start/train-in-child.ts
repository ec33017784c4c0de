/** Runs `candlewire train` as a process of its own, so that its memory goes with it. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CandlewireError } from '../../streams/errors.ts'
import { nodeProgram } from '../stack/node-program.ts'
import type { RunContext } from './run-context.ts'

const TRAINING_MS = 60 * 60_000
/** Lines of the child's own report that are kept for the message if it fails. */
const LINES_KEPT = 5

export async function trainInChild(
  { reporter, signal }: RunContext,
  instrument: string,
): Promise<void> {
  const { command, args } = nodeProgram('bin/cli', [
    // Without a search, and the two that need least: the stream should have a model soon, of as
    // little history as there is. The schedule searches, and tries them all.
    ...['train', '--instrument', instrument, '--models', 'ar7_ridge,lightgbm'],
    ...['--trials', '0', '--trigger', 'start', '--json'],
  ])
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(TRAINING_MS)]),
    killSignal: 'SIGTERM',
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
    if (!line.startsWith('{')) reporter.progress(line.trim())
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0)
    throw new CandlewireError('NO_MODEL', `Training failed: ${lines.join(' ').trim()}`)
}
