/** What a proof (`proofs.v1`) says to a watcher: which alert it is about, and whether that begins or ends. */
import type { Proof } from '../../../schemas/generated.ts'
import type { AlertNotice } from '../alert.ts'
import type { AlertKind } from '../alert-kinds.ts'
import type { Reading } from './condition.ts'

/** Served features have a kind of their own: predictions made of them are wrong now. */
const KIND = {
  skew: 'skew',
  replay: 'proof',
  lookahead: 'proof',
  duplicates: 'proof',
} as const satisfies Record<Proof['proof'], AlertKind>

const CLAIM: Readonly<Record<Proof['proof'], string>> = {
  skew: 'Served features are not those of the second path',
  replay: 'Published vectors are not what their inputs make',
  lookahead: 'A vector knows its future',
  duplicates: 'A key is there twice',
}

export interface ProofLook {
  readonly notice: Omit<AlertNotice, 'eventTimeMs' | 'message'>
  readonly reading: Reading
  readonly message: string
}

/**
 * A failed proof is bad until the next of its scope has passed. One that runs is bad as soon as it has
 * found a difference, and says nothing good before its end.
 */
export function lookAtProof({
  proof,
  scope,
  state,
  compared,
  different,
  firstDifference,
}: Proof): ProofLook {
  const isBad = state === 'failed' || different > 0
  const first = firstDifference === null ? '' : `; first: ${firstDifference}`
  return {
    notice: {
      kind: KIND[proof],
      subject: scope,
      identity: { proof },
      value: different,
      threshold: 0,
    },
    reading: isBad ? 'bad' : state === 'passed' ? 'good' : 'between',
    message: isBad
      ? `${CLAIM[proof]} (${scope}): ${different} of ${compared} differ${first}`
      : `The check ${proof} of ${scope} has passed: ${compared} compared, none differs`,
  }
}
