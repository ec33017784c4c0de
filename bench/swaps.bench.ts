/**
 * Model versions that follow one another under requests, as many as are wanted: the real server, each
 * version loaded, verified and swapped in before the next one is published. Ends with an error if a
 * request fails, if an answer names a version that was not live or gives another model's number, or if
 * threads, open files or memory grow with the swaps.
 *
 * Resident memory alone does not tell a leak from rubbish that is not collected yet. So two parts are
 * judged: what lies outside the heap (model files, sessions and threads), by its median; and the heap
 * by its least in a third of the swaps, which is what was left after a collection: with some hundred MB
 * free, those come hundreds of swaps apart.
 */
import { nodeProgram } from '../bin/stack/node-program.ts'
import { buildPrograms, builtProgram } from '../test/support/built-programs.ts'
import type { Benchmark, Harness, Measure } from './harness.ts'
import { INSTRUMENT, openStage, startServices, stopServices, until } from './serving/stage.ts'
import { VersionCallers } from './serving/version-callers.ts'
import { VersionRegister } from './serving/version-register.ts'
import { openFilesOf, residentBytesOf, threadsOf } from './support/process-use.ts'

const SERVICES = ['sinks', 'server']
/** Swaps at either end that are compared. */
const WINDOW_MAX = 100
const MEGABYTE = 2 ** 20
const SHOWN_EVERY = 50
/** A swap under way has a thread and its files more; a leak would leave some every time. */
const HANDLES_GROWTH_MAX = 8
/** The model of a version is 0.8 MB as a file and more in its session: half of one in ten swaps shows. */
const OUTSIDE_GROWTH_MAX_MB = 40
/** Every version stays in the registry, which is history: its record is some 20 KB. */
const RECORD_MAX_MB = 0.03
/** What a server takes once, while it warms up. */
const HEAP_WARM_UP_MB = 30

/** Memory in MB. */
interface Look {
  readonly resident: number
  /** Used by JavaScript of the main thread. */
  readonly heap: number
  /** Resident without that heap as it was taken from the system. */
  readonly outside: number
  readonly threads: number
  readonly files: number
}

export const benchmark: Benchmark = {
  name: 'swaps',
  about: 'versions that follow one another under requests; --swaps N [--built]',
  async run(bench) {
    if (bench.isBuilt) await buildPrograms()
    const stage = await openStage()
    const register = new VersionRegister()
    const callers = new VersionCallers(stage.url, INSTRUMENT, register)
    try {
      const pids = await startServices(stage.config, SERVICES, {
        program: bench.isBuilt ? builtProgram : nodeProgram,
      })
      const server = pids.get('server') ?? NaN
      const publish = async (n: number): Promise<void> => {
        register.publish(n)
        await stage.publish(n)
      }
      await publish(0)
      await stage.sendVectors([stage.newest])
      await until('the first answer', () => answers(stage.url))
      callers.start()
      const [looks, seconds]: [Look[], number[]] = [[], []]
      for (let n = 1; n <= bench.swaps; n += 1) {
        const began = performance.now()
        await publish(n)
        await until(`version ${n}`, () => Promise.resolve(register.newest === n))
        seconds.push((performance.now() - began) / 1_000)
        looks.push(await lookAt(stage.url, server))
        if (n % SHOWN_EVERY === 0) bench.note(progressOf(n, looks.at(-1)!, callers))
      }
      await callers.stop()
      report(bench, callers, { looks, seconds })
      await stopServices(stage.config, SERVICES)
      await stage.disconnect()
    } finally {
      await callers.stop()
      await stage.close()
    }
  },
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ instrument: INSTRUMENT }),
  })
  return response.status === 200
}

async function lookAt(url: string, pid: number): Promise<Look> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const gauge = (name: string): number =>
    Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]) / MEGABYTE
  const resident = residentBytesOf(pid) / MEGABYTE
  return {
    resident,
    heap: gauge('nodejs_heap_size_used_bytes'),
    outside: resident - gauge('nodejs_heap_size_total_bytes'),
    threads: threadsOf(pid),
    files: openFilesOf(pid),
  }
}

function progressOf(n: number, look: Look, callers: VersionCallers): string {
  const { resident, heap, outside, threads, files } = look
  const megabytes = [resident, heap, outside].map((each) => each.toFixed(0)).join(', ')
  return (
    `${n} swaps, ${callers.requests} requests, ${callers.failed} failed, ${callers.wrong} wrong; ` +
    `MB resident, heap, outside: ${megabytes}; ${threads} threads, ${files} files`
  )
}

function report(
  bench: Harness,
  callers: VersionCallers,
  { looks, seconds }: { looks: readonly Look[]; seconds: readonly number[] },
): void {
  const window = Math.max(1, Math.min(WINDOW_MAX, Math.floor(looks.length / 2)))
  bench.record('swaps.requests', 'requests', [callers.requests])
  bench.record('swaps.failed', 'requests', [callers.failed])
  bench.record('swaps.wrong', 'answers of a version or number that is not the live one', [
    callers.wrong,
  ])
  bench.record('swaps.longest', 'ms, the longest wait of all', [callers.longestMs])
  bench.record('swaps.seconds', 's from publishing to the first answer', seconds)
  const faults = [...callers.faults, ...growthOf(bench, looks, window)]
  if (faults.length > 0) throw new Error(`Swaps under requests: ${faults.join('; ')}`)
}

/** Records the first and the last window. @returns what grew, in words */
function growthOf(bench: Harness, looks: readonly Look[], window: number): string[] {
  const units = {
    resident: 'MB resident',
    heap: 'MB of heap used',
    outside: 'MB outside the heap',
    threads: 'threads',
    files: 'open files',
  }
  const mostOf = {
    resident: Infinity,
    heap: HEAP_WARM_UP_MB + RECORD_MAX_MB * looks.length,
    outside: OUTSIDE_GROWTH_MAX_MB,
    threads: HANDLES_GROWTH_MAX,
    files: HANDLES_GROWTH_MAX,
  }
  return (Object.entries(units) as [keyof Look, string][]).flatMap(([key, unit]) => {
    const record = (name: string, some: readonly Look[]): Measure =>
      bench.record(
        `swaps.${key}.${name}`,
        unit,
        some.map((look) => look[key]),
      )
    const length = key === 'heap' ? Math.ceil(looks.length / 3) : window
    const [first, last] = [
      record('first', looks.slice(0, length)),
      record('last', looks.slice(-length)),
    ]
    const judged = key === 'heap' ? 'min' : 'median'
    const grown = last[judged] - first[judged]
    return grown > mostOf[key] ? [`${key} grew by ${grown.toFixed(1)} (${judged}, ${unit})`] : []
  })
}
