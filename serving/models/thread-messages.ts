/** What the server and the thread of one model say to each other. Buffers are moved, not copied. */
export interface ThreadSetup {
  /** The ONNX file. */
  readonly onnx: Uint8Array
  /** Columns of the input matrix. */
  readonly columns: number
}

export interface ScoreCall {
  readonly id: number
  /** Row-major `[rows, columns] float32`. */
  readonly matrix: Float32Array
  readonly rows: number
}

export type ThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'scored'; readonly id: number; readonly output: Float64Array }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
