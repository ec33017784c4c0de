/**
 * SHA-256 of the first n bytes of a file while it streams by, for an n that is known only later.
 *
 * A producer reads ahead of what it commits, and a cursor needs the digest at the commit. So the bytes
 * wait here until somebody asks for a digest behind them; they are bounded by the read-ahead.
 */
import { createHash, type Hash } from 'node:crypto'

export class PrefixDigest {
  private readonly hash: Hash = createHash('sha256')
  private hashedBytes = 0
  private readonly waiting: Buffer[] = []

  push(chunk: Buffer): void {
    this.waiting.push(chunk)
  }

  /** Digest of the first `bytes` bytes, as hex. `bytes` must not go back and must have been pushed. */
  digestAt(bytes: number): string {
    this.hashUpTo(bytes)
    return this.hash.copy().digest('hex')
  }

  /** Lets go of the first `bytes` bytes: no digest of fewer will be asked for. */
  hashUpTo(bytes: number): void {
    while (this.hashedBytes < bytes) {
      const chunk = this.waiting.shift()
      if (chunk === undefined)
        throw new RangeError(`digest at ${bytes} of ${this.hashedBytes} bytes`)
      const part = chunk.subarray(0, bytes - this.hashedBytes)
      this.hash.update(part)
      this.hashedBytes += part.length
      if (part.length < chunk.length) this.waiting.unshift(chunk.subarray(part.length))
    }
    if (this.hashedBytes > bytes)
      throw new RangeError(`digest at ${bytes} after ${this.hashedBytes} bytes`)
  }
}
