/**
 * Shows the progress of several things at once on stderr: on a terminal one line that is rewritten,
 * elsewhere a line when something enters a new phase and every 5 s while it stays in one.
 */
import type { OnProgress, ProgressStep } from './stack/progress.ts'

const REDRAW_MS = 100
const REPEAT_MS = 5_000

export interface ProgressLine {
  readonly onProgress: OnProgress
  /** Leaves the terminal as it should be; nothing is shown after it. */
  end(): void
}

export function progressLine(out: NodeJS.WriteStream = process.stderr): ProgressLine {
  return out.isTTY ? terminalLine(out) : plainLines(out)
}

function plainLines(out: NodeJS.WriteStream): ProgressLine {
  const shown = new Map<string, { phase: string; atMs: number }>()
  return {
    onProgress(step) {
      const last = shown.get(step.subject)
      const now = performance.now()
      if (last?.phase === step.phase && now - last.atMs < REPEAT_MS) return
      shown.set(step.subject, { phase: step.phase, atMs: now })
      out.write(`${sentenceOf(step)}\n`)
    },
    end: () => undefined,
  }
}

/** What is done scrolls away above; the last line shows what is still going on. */
function terminalLine(out: NodeJS.WriteStream): ProgressLine {
  const active = new Map<string, ProgressStep>()
  let drawnAtMs = 0
  const draw = () => {
    drawnAtMs = performance.now()
    const text = [...active.values()].map(sentenceOf).join(' · ')
    out.write(`\r\x1b[2K${text.slice(0, Math.max(20, out.columns - 1))}`)
  }
  return {
    onProgress(step) {
      if (step.done === true) {
        active.delete(step.subject)
        out.write(`\r\x1b[2K${sentenceOf(step)}\n`)
        draw()
        return
      }
      const before = active.get(step.subject)
      active.set(step.subject, step)
      if (before?.phase !== step.phase || performance.now() - drawnAtMs > REDRAW_MS) draw()
    },
    end: () => void out.write('\r\x1b[2K'),
  }
}

const sentenceOf = ({ subject, phase, detail }: ProgressStep): string =>
  `${subject}: ${phase}${detail === undefined ? '' : ` (${detail})`}`
