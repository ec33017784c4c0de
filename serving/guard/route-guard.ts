/**
 * Looks after the versions that answer, now and then, and has those taken back that fail, dawdle or
 * err more than the champion (guard-rule.ts). Taking back is a decision of the registry like any
 * other, so every server follows it and the audit history has it with the reason; servers that look
 * at the same time decide once, since each decision looks at what is there.
 */
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { ErrorBook } from '../live/error-book.ts'
import type { LoadedModel } from '../models/loaded-model.ts'
import type { ModelFleet } from '../models/model-fleet.ts'
import { routeOf, type ModelRoutes, type Route } from '../models/route-table.ts'
import {
  guardStep,
  newGuardState,
  type CallTally,
  type GuardLimits,
  type GuardState,
} from './guard-rule.ts'

export interface TakeBack {
  readonly modelName: string
  readonly version: string
  readonly role: 'champion' | 'challenger'
  readonly reason: string
}

export interface RouteGuardOptions {
  readonly fleet: ModelFleet
  readonly errors: Pick<ErrorBook, 'pairedRmse' | 'pairedBrier'>
  readonly limits: GuardLimits
  readonly everyMs: number
  /** @throws if it was not possible; it is tried again at the next look. */
  readonly takeBack: (what: TakeBack) => Promise<void>
  readonly logger: Logger
}

interface Watched {
  readonly state: GuardState
  /** At the last look that said something. */
  seen: CallTally
  /** Why taking it back failed last, as logged; empty: that it is taken back was logged. */
  told?: string | undefined
}

const NOTHING: CallTally = { calls: 0, failures: 0, seconds: 0 }

export class RouteGuard {
  private readonly options: RouteGuardOptions
  private readonly watched = new WeakMap<LoadedModel, Watched>()
  private timer: NodeJS.Timeout | undefined
  private looking: Promise<void> = Promise.resolve()

  constructor(options: RouteGuardOptions) {
    this.options = options
  }

  start(): void {
    this.timer = setInterval(() => {
      // One look at a time: taking back may take longer than the time between two looks.
      this.looking = this.looking.then(() => this.look())
    }, this.options.everyMs)
    this.timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    await this.looking
  }

  /** Never rejects. */
  async look(): Promise<void> {
    for (const [modelName, routes] of this.options.fleet.table) {
      const champion = routeOf(routes, 'champion')
      const challenger = routeOf(routes, 'challenger')
      const since = new Map(routes.map((route) => [route, this.since(route.loaded)]))
      if (challenger !== undefined) await this.judge(modelName, routes, challenger, since)
      if (champion !== undefined) await this.judge(modelName, routes, champion, since)
    }
  }

  private async judge(
    modelName: string,
    routes: ModelRoutes,
    route: Route,
    since: ReadonlyMap<Route, CallTally>,
  ): Promise<void> {
    const { errors, limits, takeBack, logger } = this.options
    const champion = routeOf(routes, 'champion')
    const other = route === champion ? undefined : champion
    const { version } = route.loaded.version
    const beside = other?.loaded.version.version
    const look = {
      own: since.get(route) ?? NOTHING,
      champion: other === undefined ? undefined : since.get(other),
      rmse: beside === undefined ? undefined : errors.pairedRmse(modelName, version, beside),
      brier: beside === undefined ? undefined : errors.pairedBrier(modelName, version, beside),
    }
    const watched = this.watch(route.loaded)
    const { state } = watched
    if (!guardStep(state, look, limits)) {
      watched.told = undefined
      return
    }
    const role = route.role === 'champion' ? 'champion' : 'challenger'
    const { reason } = state
    // It is tried again with every look until the registry has decided; only what is new is logged.
    const about = { model: modelName, version, role }
    if (watched.told === undefined) logger.error({ ...about, reason }, 'A version is taken back')
    watched.told ??= ''
    try {
      await takeBack({ modelName, version, role, reason })
    } catch (thrown) {
      const cause = messageOf(thrown)
      if (cause !== watched.told)
        logger.error({ ...about, cause }, 'A version could not be taken back')
      watched.told = cause
    }
  }

  private watch(loaded: LoadedModel): Watched {
    const known = this.watched.get(loaded) ?? { state: newGuardState(), seen: { ...loaded.tally } }
    this.watched.set(loaded, known)
    return known
  }

  /** What was called since the last look. */
  private since(loaded: LoadedModel): CallTally {
    const watched = this.watch(loaded)
    const { calls, failures, seconds } = loaded.tally
    const { seen } = watched
    watched.seen = { calls, failures, seconds }
    return {
      calls: calls - seen.calls,
      failures: failures - seen.failures,
      seconds: seconds - seen.seconds,
    }
  }
}
