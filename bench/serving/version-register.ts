/**
 * Judges the versions in answers while champions with rising numbers follow one another: the champion
 * is a register with one writer, and an answer has to name a value that it held between the request's
 * begin and its end. No clock is asked, only what came before what.
 */

/** What is wrong with an answer's version. */
export type VersionFault = 'replaced before the request began' | 'not published when it was named'

export class VersionRegister {
  private published = -1
  private shown = -1

  /** To be called before the record is sent. @param n rises */
  publish(n: number): void {
    this.published = n
  }

  /** The highest version that any ended answer named; -1 before the first. */
  get newest(): number {
    return this.shown
  }

  /** To be called when an answer has come. @param newestAtBegin {@link newest} when its request began */
  judge(n: number, newestAtBegin: number): VersionFault | undefined {
    if (n > this.published) return 'not published when it was named'
    this.shown = Math.max(this.shown, n)
    return n < newestAtBegin ? 'replaced before the request began' : undefined
  }
}
