/** A stretch of an input file that stands for one row: a line, or a JSON object of a document. */
export interface Frame {
  /** Without line end. Cut at the bound if `tooLong`. */
  readonly bytes: Buffer
  /** Line it begins on, the first being 1 (in a JSON document: which element of the array it is). */
  readonly line: number
  /** Decompressed bytes of the file up to its end, line end included. */
  readonly endOffset: number
  readonly tooLong: boolean
}

/** Cuts the bytes of a file into frames. */
export interface Framer {
  push(chunk: Buffer): Frame[]
  /** What is left when the file has ended as a whole; not called when it broke off. */
  end(): Frame[]
}
