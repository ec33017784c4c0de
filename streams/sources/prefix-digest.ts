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
  private waiting: Buffer[] = []

  push(chunk: Buffer): void {
    this.waiting.push(chunk)
  }

  /** Digest of the first `bytes` bytes, as hex. `bytes` must not go back and must have been pushed. */
  digestAt(bytes: number): string {
    while (this.hashedBytes < bytes) {
      const [chunk, ...later] = this.waiting
      if (chunk === undefined) throw new RangeError(`digest at ${bytes} of ${this.hashedBytes} bytes`)
      const part = chunk.subarray(0, bytes - this.hashedBytes)
      this.hash.update(part)
      this.hashedBytes += part.length
      this.waiting = part.length === chunk.length ? later : [chunk.subarray(part.length), ...later]
    }
    if (this.hashedBytes > bytes) throw new RangeError(`digest at ${bytes} after ${this.hashedBytes} bytes`)
    return this.hash.copy().digest('hex')
  }
}
