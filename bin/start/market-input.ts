/** Where the candles and news of a run come from: the user's files, a live source, or the simulator. */
export interface InputCounts {
  /** Rows taken from the source so far, all runs together, dead-lettered ones included. */
  readonly taken: number
  readonly deadLettered: number
  readonly takenThisRun: number
}

/** Resolves when the articles published so far are scored: vectors of later candles then have them. */
export type NewsScored = () => Promise<void>

export interface MarketInput {
  readonly instrument: string
  readonly simulated: boolean
  /** Goes on until it is aborted. */
  readonly endless: boolean
  /** Produces what a model is trained on, unless earlier runs did: news, and when it is scored candles. */
  readonly produceHistory: (signal: AbortSignal, newsScored: NewsScored) => Promise<void>
  /** Produces the rest: to the end of the file, or at the simulator's pace until aborted. */
  readonly produceRest: (signal: AbortSignal, newsScored: NewsScored) => Promise<void>
  /** Ends what still runs; called once, whatever happened. */
  readonly close?: () => Promise<void>
  readonly counts: () => { readonly candles: InputCounts; readonly news: InputCounts }
}

export const NOTHING: InputCounts = { taken: 0, deadLettered: 0, takenThisRun: 0 }
