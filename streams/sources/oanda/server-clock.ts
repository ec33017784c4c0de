/**
 * The server's clock as far as it is known here. What is due is decided by it, so that a wrong clock on
 * this machine neither asks too early nor late. Only waiting depends on it, never a record.
 */
export class ServerClock {
  private readonly local: () => number
  private aheadMs = 0

  /** @param local Unix ms of this machine */
  constructor(local: () => number = Date.now) {
    this.local = local
  }

  /** @param serverMs what the server just said */
  observe(serverMs: number): void {
    if (Number.isFinite(serverMs)) this.aheadMs = serverMs - this.local()
  }

  nowMs(): number {
    return this.local() + this.aheadMs
  }

  /** How far the server is ahead of this machine, in ms; less than a second of it may be the way of the answer. */
  get skewMs(): number {
    return this.aheadMs
  }
}
