/**
 * Which of the stores the server leans on are up: the one place that knows. Each is looked at on a
 * timer, one look at a time and each with a time-out, and whoever meets a failure says so. So what is
 * known is at most {@link FRESH_MS} old; a look that is overdue counts as no answer.
 *
 * A refused connection is away at once; a look without an answer twice in a row, since a busy machine
 * may be late once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../streams/errors.ts'

export const DEPENDENCIES = ['kafka', 'registry', 'redis', 'clickhouse'] as const
export type DependencyName = (typeof DEPENDENCIES)[number]

/** Resolves if it answers. The signal ends with the time-out of the look. */
export type Probe = (signal: AbortSignal) => Promise<unknown>

export interface DependencyState {
  readonly name: DependencyName
  readonly ok: boolean
  readonly detail: string
}

/** What routes and stores ask. */
export interface Dependencies {
  isUp(name: DependencyName): boolean
  /** Those of the named ones that are away, in the order of {@link DEPENDENCIES}. */
  away(names?: readonly DependencyName[]): DependencyName[]
}

const LOOK_EVERY_MS = 1_000
const LOOK_TIMEOUT_MS = 2_000
const SILENCES_MAX = 2
/** Two silent looks and the pauses between them. */
export const FRESH_MS = SILENCES_MAX * (LOOK_TIMEOUT_MS + LOOK_EVERY_MS)

interface Known {
  ok: boolean
  detail: string
  silences: number
  /** Called once, when it turns away. */
  readonly waiting: Set<(cause: Error) => void>
}

export interface WatchOptions {
  readonly probes: Readonly<Record<DependencyName, Probe>>
  readonly lookEveryMs?: number
  readonly lookTimeoutMs?: number
  readonly changed?: (state: DependencyState) => void
}

class Silence extends Error {}

export class DependencyWatch implements Dependencies {
  private readonly options: WatchOptions
  private readonly abort = new AbortController()
  private readonly known: Readonly<Record<DependencyName, Known>>
  private looking: Promise<unknown> = Promise.resolve()

  constructor(options: WatchOptions) {
    this.options = options
    const unknown = (): Known => ({
      ok: false,
      detail: 'not looked at yet',
      silences: 0,
      waiting: new Set(),
    })
    this.known = {
      kafka: unknown(),
      registry: unknown(),
      redis: unknown(),
      clickhouse: unknown(),
    }
  }

  /** Resolves when each has been looked at once. */
  async start(): Promise<void> {
    // The first silence decides: nothing is known that it could be a slip of.
    for (const known of Object.values(this.known)) known.silences = SILENCES_MAX - 1
    await Promise.all(DEPENDENCIES.map((name) => this.look(name)))
    this.looking = Promise.all(DEPENDENCIES.map((name) => this.lookForEver(name)))
  }

  async stop(): Promise<void> {
    this.abort.abort()
    await this.looking
  }

  isUp(name: DependencyName): boolean {
    return this.known[name].ok
  }

  away(names: readonly DependencyName[] = DEPENDENCIES): DependencyName[] {
    return names.filter((name) => !this.known[name].ok)
  }

  states(): DependencyState[] {
    return DEPENDENCIES.map((name) => this.stateOf(name))
  }

  stateOf(name: DependencyName): DependencyState {
    const { ok, detail } = this.known[name]
    return { name, ok, detail }
  }

  /** For who met it: away until the next look finds it up. */
  failed(name: DependencyName, cause: unknown): void {
    this.set(name, false, messageOf(cause))
  }

  /**
   * The work, given up as soon as the store is known to be away; at once if it is already.
   * @throws what `away` makes of the reason, or what the work throws
   */
  async whileUp<Answer>(
    name: DependencyName,
    work: () => Promise<Answer>,
    away: (reason: string) => Error,
  ): Promise<Answer> {
    const known = this.known[name]
    if (!known.ok) throw away(known.detail)
    let giveUp: (cause: Error) => void = () => undefined
    const turned = new Promise<never>((_, reject) => {
      giveUp = (cause) => reject(away(cause.message))
    })
    turned.catch(() => undefined)
    known.waiting.add(giveUp)
    const answer = work()
    // Nobody listens to it any more once the store has turned away.
    answer.catch(() => undefined)
    try {
      return await Promise.race([answer, turned])
    } finally {
      known.waiting.delete(giveUp)
    }
  }

  private async lookForEver(name: DependencyName): Promise<void> {
    const { signal } = this.abort
    const every = this.options.lookEveryMs ?? LOOK_EVERY_MS
    while (!signal.aborted) {
      await delay(every, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted) await this.look(name)
    }
  }

  private async look(name: DependencyName): Promise<void> {
    const known = this.known[name]
    try {
      await this.inTime(this.options.probes[name])
      known.silences = 0
      this.set(name, true, 'answers')
    } catch (thrown) {
      if (this.abort.signal.aborted) return
      known.silences += 1
      if (thrown instanceof Silence && known.silences < SILENCES_MAX) return
      this.set(name, false, messageOf(thrown))
    }
  }

  private async inTime(probe: Probe): Promise<void> {
    const timeoutMs = this.options.lookTimeoutMs ?? LOOK_TIMEOUT_MS
    const abort = new AbortController()
    const stop = (): void => abort.abort()
    this.abort.signal.addEventListener('abort', stop, { once: true })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(new Silence('no answer')), { once: true })
      timer = setTimeout(() => {
        reject(new Silence(`no answer in ${timeoutMs} ms`))
        abort.abort()
      }, timeoutMs)
    })
    const answer = probe(abort.signal)
    answer.catch(() => undefined)
    try {
      await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
      this.abort.signal.removeEventListener('abort', stop)
    }
  }

  private set(name: DependencyName, ok: boolean, detail: string): void {
    const known = this.known[name]
    const turned = known.ok !== ok
    known.ok = ok
    known.detail = detail
    if (!turned) return
    if (!ok) for (const giveUp of known.waiting) giveUp(new Error(detail))
    this.options.changed?.({ name, ok, detail })
  }
}
