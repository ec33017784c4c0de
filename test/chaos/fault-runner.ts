/**
 * Carries out a schedule on the processes of a stack, and follows every fault until its target has
 * recovered: its group has processed something that came after the fault, and it answers.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { COMPONENTS } from '../../bin/stack/components.ts'
import { isRunning, readRecord } from '../../bin/stack/process-records.ts'
import { Redis } from 'ioredis'
import type { ChaosStack } from './chaos-stack.ts'
import type { Fault } from './fault-schedule.ts'
import { hasMovedOn, isThrough, type PositionWatch } from './positions.ts'
import { targetOf, type GroupInput } from './targets.ts'

const POLL_MS = 100
/** A target that is down already, by an earlier fault, is waited for. */
const UP_AGAIN_MS = 120_000
const RECOVERED_MS = 600_000
const HEALTH_TIMEOUT_MS = 2_000

export interface FollowedFault extends Fault {
  /** When it was carried out, since the start; null: its target was down the whole time. */
  readonly hitAtMs: number | null
  /** From the fault to its recovery, a stall included; null: not within the deadline. */
  readonly recoveredMs: number | null
  /** Other faults that were not recovered from when it was carried out. */
  readonly beside: readonly string[]
}

export class FaultRunner {
  private readonly stack: ChaosStack
  private readonly watch: PositionWatch
  private readonly say: (line: string) => void
  private readonly open = new Set<string>()
  /** Nothing more will come: whoever has processed all there is has recovered. */
  isInputOver = false

  constructor(stack: ChaosStack, watch: PositionWatch, say: (line: string) => void) {
    this.stack = stack
    this.watch = watch
    this.say = say
  }

  /** Resolves when all are recovered from or given up. */
  async run(faults: readonly Fault[]): Promise<FollowedFault[]> {
    const startedAt = Date.now()
    const following: Promise<FollowedFault>[] = []
    for (const fault of faults) {
      await delay(Math.max(0, startedAt + fault.atMs - Date.now()))
      following.push(this.carryOut(fault, startedAt))
    }
    return Promise.all(following)
  }

  private async carryOut(fault: Fault, startedAt: number): Promise<FollowedFault> {
    const { target, kind, stallMs } = fault
    const missed = { ...fault, hitAtMs: null, recoveredMs: null, beside: [] }
    if (!(await this.isUp(target))) return missed
    const before = this.watch.latest
    const pid = this.pidOf(target)
    if (pid === undefined || before === undefined) return missed
    const hitAt = Date.now()
    const beside = [...this.open]
    const name = `${target} ${kind} at ${((hitAt - startedAt) / 1000).toFixed(1)} s`
    this.open.add(name)
    const length = kind === 'stall' ? ` for ${(stallMs / 1000).toFixed(1)} s` : ''
    this.say(`fault: ${kind} ${target} (process ${pid})${length}`)
    const mark = { ...before, atMs: hitAt }
    await this.hit(fault, pid)
    const recovered = await this.recovered(fault, pid, mark)
    this.open.delete(name)
    const recoveredMs = recovered ? Date.now() - hitAt : null
    this.say(
      recoveredMs === null
        ? `NOT RECOVERED: ${kind} ${target}`
        : `recovered: ${kind} ${target} after ${(recoveredMs / 1000).toFixed(1)} s`,
    )
    return { ...fault, hitAtMs: hitAt - startedAt, recoveredMs, beside }
  }

  private pidOf(target: string): number | undefined {
    const record = readRecord(this.stack.config, target)
    return isRunning(record) ? record?.identity?.pid : undefined
  }

  private async isUp(target: string): Promise<boolean> {
    const deadline = Date.now() + UP_AGAIN_MS
    while (this.pidOf(target) === undefined) {
      if (Date.now() > deadline) return false
      await delay(POLL_MS)
    }
    return true
  }

  private async hit({ kind, stallMs }: Fault, pid: number): Promise<void> {
    if (kind === 'kill') send(pid, 'SIGKILL')
    if (kind === 'stall') {
      send(pid, 'SIGSTOP')
      await delay(stallMs)
      send(pid, 'SIGCONT')
    }
    if (kind === 'empty') {
      const redis = new Redis(this.stack.config.redisUrl)
      await redis.flushall().finally(() => redis.disconnect())
    }
  }

  private async recovered(
    fault: Fault,
    pid: number,
    mark: NonNullable<PositionWatch['latest']>,
  ): Promise<boolean> {
    const { moves } = targetOf(fault)
    const deadline = Date.now() + RECOVERED_MS
    while (Date.now() < deadline) {
      const now = this.watch.latest
      const isNew = fault.kind !== 'kill' || (this.pidOf(fault.target) ?? pid) !== pid
      const isFresh = now !== undefined && now.atMs > mark.atMs
      const isBack = (input: GroupInput) =>
        hasMovedOn(input, mark, now!) || (this.isInputOver && isThrough(input, now!))
      if (isNew && isFresh && moves.every(isBack)) if (await this.answers(fault.target)) return true
      await delay(POLL_MS)
    }
    return false
  }

  private async answers(target: string): Promise<boolean> {
    const store = COMPONENTS.find(({ name }) => name === target)
    if (store !== undefined) return store.isHealthy(this.stack.config)
    const url = this.stack.healthUrls.get(target)
    if (url === undefined) return this.pidOf(target) !== undefined
    const response = await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) }) //
      .catch(() => undefined)
    return response?.ok === true
  }
}

/** One that ended meanwhile was hit by something else. */
function send(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
