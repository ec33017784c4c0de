/** What a chaos run has shown, as a table of recoveries and as data. */
import type { FollowedFault } from './fault-runner.ts'
import type { PublishedPart } from './published-state.ts'

export interface ChaosReport {
  readonly seed: number
  readonly minutes: number
  readonly passed: boolean
  /** Everything that differs from the undisturbed run or is wrong in itself; empty if passed. */
  readonly differences: readonly string[]
  readonly faults: readonly FollowedFault[]
  readonly recoveries: readonly Recovery[]
  readonly compared: readonly Omit<PublishedPart, 'file'>[]
  readonly recordsWatched: number
  readonly secondClient: 'kcat' | null
}

export interface Recovery {
  readonly target: string
  readonly kind: string
  readonly faults: number
  readonly minMs: number
  readonly medianMs: number
  readonly maxMs: number
}

/** By target and kind. A stall is part of its recovery. */
export function recoveriesOf(faults: readonly FollowedFault[]): Recovery[] {
  const groups = new Map<string, FollowedFault[]>()
  for (const fault of faults) {
    if (fault.recoveredMs === null) continue
    const key = `${fault.target} ${fault.kind}`
    groups.set(key, [...(groups.get(key) ?? []), fault])
  }
  return [...groups.values()]
    .map((group): Recovery => {
      const [{ target, kind }] = group as [FollowedFault]
      const times = group.map(({ recoveredMs }) => recoveredMs ?? 0).sort((a, b) => a - b)
      const [minMs = 0, maxMs = 0] = [times[0], times.at(-1)]
      const middle = [times[(times.length - 1) >> 1] ?? 0, times[times.length >> 1] ?? 0]
      const medianMs = (middle[0]! + middle[1]!) / 2
      return { target, kind, faults: times.length, minMs, medianMs, maxMs }
    })
    .sort((a, b) => (`${a.target} ${a.kind}` < `${b.target} ${b.kind}` ? -1 : 1))
}

export function reportLines(report: ChaosReport): string[] {
  const { faults, recoveries, compared, differences } = report
  const missed = faults.filter(({ hitAtMs }) => hitAtMs === null).length
  const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(7)
  return [
    '',
    `${faults.length - missed} faults${missed === 0 ? '' : `, ${missed} missed a target that was down`}; seconds from fault to recovery, stalls included:`,
    `  ${'target'.padEnd(12)} ${'fault'.padEnd(6)} ${'n'.padStart(3)} ${'min'.padStart(7)} ${'median'.padStart(7)} ${'max'.padStart(7)}`,
    ...recoveries.map(
      ({ target, kind, faults: count, minMs, medianMs, maxMs }) =>
        `  ${target.padEnd(12)} ${kind.padEnd(6)} ${String(count).padStart(3)} ${seconds(minMs)} ${seconds(medianMs)} ${seconds(maxMs)}`,
    ),
    '',
    'compared with the undisturbed run:',
    ...compared.map(
      ({ name, count, sha256 }) =>
        `  ${name.padEnd(26)} ${String(count).padStart(8)}  ${sha256.slice(0, 16)}`,
    ),
    `  outside reader (read_committed): ${report.recordsWatched} records${report.secondClient === null ? '' : `; confirmed by ${report.secondClient}`}`,
    '',
    ...(report.passed
      ? ['Everything is as undisturbed.']
      : ['DIFFERENT:', ...differences.map((line) => `  ${line}`)]),
  ]
}
