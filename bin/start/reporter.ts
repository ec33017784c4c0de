/**
 * What a run tells: lines that stay, and progress that is overwritten on a terminal and repeated at
 * most every five seconds elsewhere.
 */
export interface Reporter {
  line(text: string): void
  progress(text: string): void
}

const REPEAT_MS = 5_000

/** @param stream usually process.stderr: stdout is for what is asked for */
export function createReporter(stream: NodeJS.WriteStream): Reporter {
  const clear = stream.isTTY ? '\r\u001b[2K' : ''
  let shownAtMs = 0
  return {
    line(text) {
      stream.write(`${clear}${text}\n`)
    },
    progress(text) {
      if (stream.isTTY) {
        stream.write(`${clear}${text.slice(0, Math.max(20, stream.columns - 1))}`)
      } else if (Date.now() - shownAtMs >= REPEAT_MS) {
        shownAtMs = Date.now()
        stream.write(`${text}\n`)
      }
    },
  }
}
