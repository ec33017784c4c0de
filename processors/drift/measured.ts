/** What is derived from a state and the reference in force. */
import type { DriftReference } from './reference/drift-reference.ts'
import type { VerdictRule } from './verdict/verdict-rule.ts'
import type { WindowComparison } from './window/window-comparison.ts'

export interface Measured {
  readonly reference: DriftReference
  readonly comparison: WindowComparison
  readonly rule: VerdictRule
  /** Names of the measures that are looked at with every vector, by column, made once. */
  readonly names: readonly { readonly ks: string; readonly missing: string }[]
}
