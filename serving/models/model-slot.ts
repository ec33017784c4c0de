/**
 * The place of the live model. A swap replaces one reference: calls that began on the old model end
 * on it, calls that begin later use the new one, and none waits. The old model is closed when its
 * last call has ended, at the latest after {@link DRAIN_MS}.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError } from '../../streams/errors.ts'
import type { ScoringModel } from './scoring-model.ts'

/** Longer than a call may take before its model counts as dead. */
const DRAIN_MS = 15_000

interface Resident {
  readonly model: ScoringModel
  calls: number
  idle: (() => void) | undefined
}

export class ModelSlot {
  private resident: Resident | undefined
  private readonly waiting = new Set<() => void>()
  private readonly onDeath: (model: ScoringModel, cause: Error) => void
  /** True from the death of the live model until another one is live or none is to come. */
  recovering = false

  /** @param onDeath is called when the live model died; the slot is empty then. */
  constructor(onDeath: (model: ScoringModel, cause: Error) => void) {
    this.onDeath = onDeath
  }

  /** The live model, for looking at it; to score, call {@link use}. */
  get live(): ScoringModel | undefined {
    return this.resident?.model
  }

  /** Calls that run on the live model. */
  get calls(): number {
    return this.resident?.calls ?? 0
  }

  /**
   * Does `work` with the live model, which stays open until it is done.
   * @throws CandlewireError NO_MODEL, and what `work` throws.
   */
  async use<T>(work: (model: ScoringModel) => Promise<T>): Promise<T> {
    const resident = this.resident
    if (resident === undefined) {
      throw new CandlewireError(
        'NO_MODEL',
        this.recovering ? 'The model is being loaded again' : 'No model is live yet',
      )
    }
    resident.calls += 1
    try {
      return await work(resident.model)
    } finally {
      resident.calls -= 1
      if (resident.calls === 0) resident.idle?.()
    }
  }

  /** Puts a model in place at once; resolves when the old one is closed. */
  async swap(next: ScoringModel): Promise<void> {
    const old = this.resident
    const resident: Resident = { model: next, calls: 0, idle: undefined }
    this.resident = resident
    this.recovering = false
    this.wake()
    void next.died.then((cause) => this.bury(resident, cause))
    await close(old)
  }

  /** Waits until a model is live; false if none is after `timeoutMs` or none is to come. */
  async whenRecovered(timeoutMs: number): Promise<boolean> {
    if (this.resident === undefined && this.recovering) {
      const abort = new AbortController()
      const woken = new Promise<void>((resolve) => {
        this.waiting.add(resolve)
      })
      await Promise.race([
        woken,
        delay(timeoutMs, undefined, { signal: abort.signal, ref: false }).catch(() => undefined),
      ])
      abort.abort()
    }
    return this.resident !== undefined
  }

  /** Nothing will replace the model that died. */
  giveUpRecovering(): void {
    this.recovering = false
    this.wake()
  }

  /** Empties the slot and closes the model when its calls have ended. */
  async clear(): Promise<void> {
    const old = this.resident
    this.resident = undefined
    this.giveUpRecovering()
    await close(old)
  }

  private bury(dead: Resident, cause: Error): void {
    if (this.resident !== dead) return
    this.resident = undefined
    this.recovering = true
    this.onDeath(dead.model, cause)
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}

async function close(old: Resident | undefined): Promise<void> {
  if (old === undefined) return
  if (old.calls > 0) {
    const abort = new AbortController()
    const idle = new Promise<void>((resolve) => {
      old.idle = resolve
    })
    await Promise.race([
      idle,
      delay(DRAIN_MS, undefined, { signal: abort.signal, ref: false }).catch(() => undefined),
    ])
    abort.abort()
  }
  await old.model.close()
}
