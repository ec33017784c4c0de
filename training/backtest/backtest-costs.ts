/** What trading costs, all in basis points of the price (1 bp is 0.01 percent). */
export interface BacktestCosts {
  /** Whole distance of bid and ask; half of it is paid on each side. */
  readonly spreadBps: number
  /** Lost on each side against the price that was seen. */
  readonly slippageBps: number
  /** Fee on each side. */
  readonly feeBps: number
}

/** Percent of the price paid for each unit of position that is bought or sold. */
export const costPerSide = ({ spreadBps, slippageBps, feeBps }: BacktestCosts): number =>
  (spreadBps / 2 + slippageBps + feeBps) / 100
