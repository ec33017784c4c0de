/**
 * The way to an outside store, and what may happen to a request on it: it is slow; it is refused; it is
 * done and its answer is lost; it is given up by the client and done later; the client dies before or
 * after. A client that dies never hears anything any more.
 */
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { Scheduler } from './scheduler.ts'

export interface StoreWorld {
  readonly scheduler: Scheduler
  readonly random: Random
  /** Shares of requests, each 0 to 1; they go to 0 at the end of a run. */
  readonly faults: {
    fails: number
    crashes: number
    /** Whether what was given up may be done later. */
    readonly isLate: boolean
  }
  /** How often each fault came to each kind of request. */
  readonly happened: Map<string, number>
  /** The process dies at once; it is started again elsewhere. */
  readonly kill: (actor: string) => void
}

const FAILURES = ['refused', 'answer lost', 'given up, done later'] as const
const DEATHS = ['died before', 'died after', 'died, done later'] as const

/** Requests that the network still carries when their client has given them up. */
const NETWORK = 'network'
const never = () => new Promise<never>(() => undefined)

/** Does a request of an actor at its turn, as far as the faults let it. @throws Error if it fails */
export async function storeRequest<T>(
  world: StoreWorld,
  actor: string,
  point: string,
  effect: () => T,
): Promise<T> {
  const { scheduler, random, faults } = world
  for (let slow = random.uniform() < 0.2 ? 10 : 1; slow > 0; slow -= 1) await scheduler.turn(actor)
  const chance = random.uniform()
  const fault =
    chance < faults.crashes
      ? random.pick(DEATHS)
      : chance < faults.crashes + faults.fails
        ? random.pick(FAILURES)
        : undefined
  if (fault === undefined) return effect()
  if (fault.endsWith('done later') && !faults.isLate) return effect()
  const name = `${point}: ${fault}`
  world.happened.set(name, (world.happened.get(name) ?? 0) + 1)
  if (fault === 'answer lost' || fault === 'died after') effect()
  if (fault.endsWith('done later')) void later(world, effect)
  if (chance >= faults.crashes) throw new Error(name)
  world.kill(actor)
  return never()
}

async function later({ scheduler, random }: StoreWorld, effect: () => unknown): Promise<void> {
  for (let turns = Math.floor(random.uniform() * 60); turns >= 0; turns -= 1)
    await scheduler.turn(NETWORK)
  effect()
}
