/** What the pool and one of its threads say to each other. */

/** What a thread makes of a text; plain data, because it crosses to the thread. */
export type TextWork =
  | { readonly kind: 'finbert'; readonly folder: string; readonly precision: 'int8' | 'fp32' }
  | { readonly kind: 'distilled'; readonly encoderFolder: string; readonly headFile: string }
  | {
      readonly kind: 'encoder'
      readonly encoderFolder: string
      readonly pools: readonly string[]
    }
  /** For tests of the pool itself. */
  | { readonly kind: 'module'; readonly url: string }

export interface TextCall {
  readonly id: number
  readonly text: string
}

export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'answered'; readonly id: number; readonly values: Float64Array }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }

/** Numbers of one text: `[positive, negative, neutral]`, or features. */
export type TextFunction = (text: string) => Promise<Float64Array>
