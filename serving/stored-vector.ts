/** A feature vector as a store has it. */
import type { Features } from '../schemas/generated.ts'

export interface StoredVector {
  readonly vector: Features
  /** Where it lies in features.v1. */
  readonly offset: number
  readonly eventTimeMs: number
  /** Names this vector and no other of its instrument; unset where it is not from the online store. */
  readonly identity?: string
  /** Set where the store did not have it: it is what the server has followed itself. */
  readonly source?: 'memory'
}
