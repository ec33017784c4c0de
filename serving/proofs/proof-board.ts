/** The newest word of every proof, by kind and scope; what was never shown is said to be so. */
import type { Proof } from '../../schemas/generated.ts'
import { proofsTopic } from '../../streams/topics.ts'

export const PROOF_KINDS = ['replay', 'skew', 'lookahead', 'duplicates'] as const

export interface ProofState {
  readonly proof: Proof['proof']
  /** `never`: nobody has run it on this data yet. */
  readonly state: Proof['state'] | 'never'
  /** The newest of each scope, that of all instruments first. */
  readonly scopes: readonly Proof[]
}

/** Kinds times instruments; the one longest without a word is forgotten. */
const KEPT_MAX = 1_000
/** Later ones speak for the whole of a kind. */
const GRAVITY = ['passed', 'running', 'failed'] as const

export class ProofBoard {
  private readonly newest = new Map<string, Proof>()

  take(proof: Proof): void {
    const key = proofsTopic.keyOf(proof)
    // Taken out and put back: the order of a Map is then that of the last change.
    this.newest.delete(key)
    this.newest.set(key, proof)
    const [oldest] = this.newest.keys()
    if (this.newest.size > KEPT_MAX && oldest !== undefined) this.newest.delete(oldest)
  }

  /** @param key of the record, `proof/scope`: a run that was interrupted is as if it had not begun. */
  takeBack(key: string): void {
    this.newest.delete(key)
  }

  /** All four kinds, always. */
  list(): ProofState[] {
    return PROOF_KINDS.map((kind) => {
      const scopes = [...this.newest.values()]
        .filter(({ proof }) => proof === kind)
        .sort((a, b) => +(b.scope === 'all') - +(a.scope === 'all') || (a.scope < b.scope ? -1 : 1))
      const gravest = Math.max(...scopes.map(({ state }) => GRAVITY.indexOf(state)))
      return { proof: kind, state: GRAVITY[gravest] ?? 'never', scopes }
    })
  }
}
