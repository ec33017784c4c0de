/**
 * One Float64Array holds the whole state of an engine.
 *
 * An indicator is an immutable program: when it is built it reserves a region here, and from then on
 * it only reads and writes its region of the memory it is handed. So state is plain data by
 * construction: snapshot, restore, reset and copy are those of one array, written once for all, and
 * no bar allocates anything. NaN stands for null throughout; regions start as NaN, which makes a
 * window that is not yet full null by itself.
 */
export class MemoryLayout {
  private readonly initialValues: number[] = []

  /** Reserves `length` numbers. @returns the index of the first. */
  reserve(length: number, initial: number = NaN): number {
    const start = this.initialValues.length
    for (let i = 0; i < length; i++) this.initialValues.push(initial)
    return start
  }

  /** Numbers reserved so far. */
  get length(): number {
    return this.initialValues.length
  }

  /** @returns memory as it is before the first bar. */
  initialMemory(): Float64Array {
    return Float64Array.from(this.initialValues)
  }
}
