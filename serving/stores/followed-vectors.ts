/** The newest vector of each instrument that the server has followed itself: what is left without Redis. */
import type { Features } from '../../schemas/generated.ts'
import type { StoredVector } from '../stored-vector.ts'

/** As many as the market view keeps: 4 KB each. The one longest without a vector is forgotten. */
const INSTRUMENTS_MAX = 64

export class FollowedVectors {
  private readonly byInstrument = new Map<string, StoredVector>()

  get size(): number {
    return this.byInstrument.size
  }

  /** In the order of the partition, which is that of the instrument. */
  add(vector: Features, offset: number): void {
    const { instrument, eventTimeMs } = vector
    this.byInstrument.delete(instrument)
    this.byInstrument.set(instrument, { vector, offset, eventTimeMs, source: 'memory' })
    const [oldest] = this.byInstrument.keys()
    if (this.byInstrument.size > INSTRUMENTS_MAX && oldest !== undefined)
      this.byInstrument.delete(oldest)
  }

  newest(instrument: string): StoredVector | undefined {
    return this.byInstrument.get(instrument)
  }
}
