/** The state of the stack for people: one line a service. */
import type { ServiceStatus, StackStatus } from './stack/stack-status.ts'

export function statusTable(status: StackStatus): string {
  const rows = status.services.map((service) => [
    service.name,
    stateOf(service),
    service.address ?? '',
    service.pid === undefined ? '' : `pid ${service.pid}`,
    service.uptimeSeconds === undefined ? '' : `up ${duration(service.uptimeSeconds)}`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, `data and logs: ${status.dataDir}`].join('\n')
}

function stateOf({ state, healthy }: ServiceStatus): string {
  if (state === 'stopped') return 'stopped'
  if (state === 'external') return healthy ? 'external, answers' : 'external, does not answer'
  return healthy ? 'running' : 'running, does not answer'
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3_600)} h`
}
