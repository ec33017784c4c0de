/**
 * Which process is hit when and how, decided by a seed alone: the same seed and length give the same
 * schedule on any machine. What follows from it is not the same twice; that is the point.
 *
 * Targets are dealt from a shuffled pack of all of them, so that every one is hit before one is hit
 * twice, and a run of any length is spread over all.
 */
import { Random } from '../../streams/sources/simulation/random.ts'

/**
 * `kill`: SIGKILL. `stall`: SIGSTOP, and SIGCONT after a while: a process that sleeps through its own
 * succession. `empty`: everything in the store is deleted while it runs.
 */
export type FaultKind = 'kill' | 'stall' | 'empty'

export interface Fault {
  /** After the candles began to flow. */
  readonly atMs: number
  readonly target: string
  readonly kind: FaultKind
  /** Of a stall. */
  readonly stallMs: number
}

export interface Target {
  readonly name: string
  readonly kinds: readonly [FaultKind, ...FaultKind[]]
  /** A stall lasts between these. Above the session time-out the group gives the process up. */
  readonly stallMs: readonly [number, number]
}

/** Between two faults, so that some meet a pipeline that recovers and some one that runs. */
const GAP_MS: readonly [number, number] = [2_500, 12_000]
/** None in the first seconds: a fault before the first output shows nothing. */
const QUIET_FIRST_MS = 4_000

export function faultSchedule(
  seed: number,
  durationMs: number,
  targets: readonly Target[],
): readonly Fault[] {
  const random = new Random(seed, 'chaos')
  const between = ([from, to]: readonly [number, number]) =>
    Math.round(from + random.uniform() * (to - from))
  const faults: Fault[] = []
  let pack: Target[] = []
  for (let atMs = QUIET_FIRST_MS; atMs < durationMs; atMs += between(GAP_MS)) {
    if (pack.length === 0) pack = shuffled(targets, random)
    const target = pack.pop()
    if (target === undefined) break
    const kind = random.pick(target.kinds)
    const stallMs = kind === 'stall' ? between(target.stallMs) : 0
    faults.push({ atMs, target: target.name, kind, stallMs })
  }
  return faults
}

function shuffled(targets: readonly Target[], random: Random): Target[] {
  const left = [...targets]
  const pack: Target[] = []
  while (left.length > 0) pack.push(...left.splice(Math.floor(random.uniform() * left.length), 1))
  return pack
}
