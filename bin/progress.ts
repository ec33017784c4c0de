/**
 * How far a long command is: a bar on a terminal, a line every 5 s elsewhere (CI logs, pipes), both on
 * stderr so that stdout stays free for results.
 */
import { SingleBar, Presets } from 'cli-progress'

const LINE_EVERY_MS = 5_000
const REDRAWS_PER_SECOND = 10

export interface ProgressOptions {
  /** For example `Producing candles`. */
  readonly label: string
  /** What is counted, for example `rows`. */
  readonly unit: string
  /** How many there will be; undefined: not known, then there is a count and no bar. */
  readonly total?: number | undefined
  /** How many there are already; rates count from here. */
  readonly start?: number
  readonly stream?: NodeJS.WriteStream
}

export interface Progress {
  /** @param done how many there are by now */
  update(done: number): void
  stop(): void
}

export function startProgress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr
  return stream.isTTY ? bar(options, stream) : lines(options, stream)
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-US')

function rateSince(start: number): (done: number) => number {
  const begin = performance.now()
  return (done) => ((done - start) * 1000) / Math.max(1, performance.now() - begin)
}

function bar(
  { label, unit, total, start = 0 }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const rate = rateSince(start)
  const counts = total === undefined ? '{count}' : '{bar} {percentage}% | {count} of {of}'
  const format = `${label} ${counts} ${unit} | {rate} ${unit}/s${total === undefined ? '' : ' | {eta_formatted} left'}`
  const drawn = new SingleBar(
    { format, stream, fps: REDRAWS_PER_SECOND, hideCursor: true, etaBuffer: 100 },
    Presets.shades_classic,
  )
  const payload = (done: number) => ({
    count: grouped(done),
    of: grouped(total ?? 0),
    rate: grouped(rate(done)),
  })
  drawn.start(total ?? 0, start, payload(start))
  return {
    update: (done) => drawn.update(Math.min(done, total ?? done), payload(done)),
    stop: () => drawn.stop(),
  }
}

function lines(
  { label, unit, total, start = 0 }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const rate = rateSince(start)
  let latest = start
  const write = () => {
    const share =
      total === undefined || total === 0
        ? ''
        : ` of ${grouped(total)} (${Math.floor((100 * latest) / total)} %)`
    stream.write(
      `${label}: ${grouped(latest)}${share} ${unit}, ${grouped(rate(latest))} ${unit}/s\n`,
    )
  }
  const timer = setInterval(write, LINE_EVERY_MS)
  return {
    update: (done) => {
      latest = done
    },
    stop: () => clearInterval(timer),
  }
}
