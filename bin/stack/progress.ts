/** What a long set-up step says while it works: whose step it is, what it waits for, how far it is. */
export interface ProgressStep {
  /** For example `kafka`. */
  readonly subject: string
  /** What is being done or waited for; the same words as long as it is the same phase. */
  readonly phase: string
  /** How far the phase is, for example `12 of 44 MB`. */
  readonly detail?: string
  /** Nothing more follows for this subject. */
  readonly done?: true
}

export type OnProgress = (step: ProgressStep) => void

export const silent: OnProgress = () => undefined
