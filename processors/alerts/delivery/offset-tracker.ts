/**
 * Which offsets of a partition may be committed while alerts are under way: everything before the
 * oldest that is not done. So a crash delivers again what was not recorded, and skips nothing.
 */
export class OffsetTracker {
  private readonly underWay = new Set<number>()
  private next: number | undefined

  /** Offsets come in order. */
  begin(offset: number): void {
    this.underWay.add(offset)
    this.next = offset + 1
  }

  done(offset: number): void {
    this.underWay.delete(offset)
  }

  /** First offset that must be read again after a crash; undefined before the first. */
  get committable(): number | undefined {
    const [oldest] = this.underWay
    return oldest ?? this.next
  }
}
