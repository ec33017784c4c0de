/**
 * The {@link StepContext} that one partition steps under: which it is, and whether a round of snapshots
 * has to name it.
 */
import type { KeyedState } from './keyed-state.ts'
import type { StepContext } from './processor.ts'

type AnyContext = StepContext<unknown, object>

export class ContextInForce {
  /** What steps depend on beside state and record; undefined: nothing yet. */
  current: unknown
  /** Whether no round names the one in force. */
  isDue = false
  private readonly source: AnyContext | undefined
  private readonly states: KeyedState<unknown, object>

  constructor(source: AnyContext | undefined, states: KeyedState<unknown, object>) {
    this.source = source
    this.states = states
  }

  /** The context of the newest round: under it the records behind that round were stepped. */
  async recall(isRoundDue: boolean): Promise<void> {
    const identity = this.states.newestContext()
    if (identity !== undefined) this.current = await this.source?.recall(identity)
    this.isDue = this.source !== undefined && isRoundDue
  }

  /** Takes over a newer one, before a transaction. */
  async takeLatest(): Promise<void> {
    if (this.source === undefined) return
    const latest = await this.source.latest()
    if (latest === undefined || latest === this.current) return
    const { identityOf } = this.source
    if (this.current !== undefined && identityOf(latest).epoch <= identityOf(this.current).epoch)
      return
    this.current = latest
    this.isDue = true
  }

  /** A round was committed: the next must name it again where no record has been stepped under it. */
  roundCommitted(): void {
    this.isDue = !this.isInStates()
  }

  private isInStates(): boolean {
    if (this.current === undefined) return true
    const epoch = this.source?.identityOf(this.current).epoch
    return this.states.newestContext()?.epoch === epoch
  }
}
