/**
 * What a source has delivered lately, so that the same article is produced once however often it is
 * listed: keys of 8 bytes, in the order in which they were last seen.
 *
 * Bounded: everything of the newest document, and some keys more for articles that come back.
 */
import { createHash } from 'node:crypto'

const KEY_BYTES = 8

/** @param what for example `url|a.example/x`; a chance of 1 in 10^13 that two of 1,000 articles share a key */
export const seenKey = (what: string): string =>
  createHash('sha256')
    .update(what)
    .digest('hex')
    .slice(0, 2 * KEY_BYTES)

export class SeenKeys {
  /** Insertion order is the order in which they were last seen. */
  private readonly keys: Set<string>
  private readonly keptBeyond: number

  /** @param keptBeyond keys kept beside those of the newest document */
  constructor(bytes: Buffer | undefined, keptBeyond: number) {
    this.keptBeyond = keptBeyond
    const hex = bytes?.toString('hex') ?? ''
    this.keys = new Set(hex.match(new RegExp(`.{${2 * KEY_BYTES}}`, 'g')) ?? [])
  }

  get size(): number {
    return this.keys.size
  }

  hasAny(keys: readonly string[]): boolean {
    return keys.some((key) => this.keys.has(key))
  }

  /** Call once a document with the keys of all its articles. */
  saw(keys: readonly string[]): void {
    for (const key of keys) {
      this.keys.delete(key)
      this.keys.add(key)
    }
    const most = new Set(keys).size + this.keptBeyond
    for (const key of this.keys) {
      if (this.keys.size <= most) break
      this.keys.delete(key)
    }
  }

  toBytes(): Buffer {
    return Buffer.from([...this.keys].join(''), 'hex')
  }

  copy(): SeenKeys {
    return new SeenKeys(this.toBytes(), this.keptBeyond)
  }
}
