/**
 * Where the checks draw their lines, and why there. Failing ones stop the run: they are what no honest
 * data set of one-minute prices can be. What is merely unusual warns, since markets are.
 */
export const LIMITS = {
  /** Of all examples, other feature sets left out: a model of the smaller half is not what was asked for. */
  otherFeatureSetShareMax: 0.5,
  /** The newest example may be this much older than the newest vector or the bound: a long weekend. */
  staleMs: 96 * 3_600_000,
  /** Share missing of a column from which it is named: more than the gaps of a formula explain. */
  missingShareWarn: 0.05,
  /** Missing values of the whole matrix: a market without volume lacks a quarter of `market-76`. */
  missingShareMax: 0.5,
  /** Distance from the mean, in standard deviations, from which a value is an outlier. */
  outlierDeviations: 5,
  /** Share of outliers of a column from which it is named; Chebyshev allows 0.04, returns have about 0.002. */
  outlierShareWarn: 0.005,
  /** Percent in an hour or less: an index stops trading at 20, so this is a wrong price. */
  labelPercentMax: 50,
  /** Share of repeated keys from which they are named: each should have been published once. */
  duplicateShareWarn: 0.01,
  /** Share of labels that are exactly 0 from which it is named: a market that hardly moves. */
  zeroLabelShareWarn: 0.25,
  /**
   * Correlation of one column with what comes: the best known single signals of intraday returns stay
   * below 0.1, so a half is a warning; from nine tenths on no signal is left that a market would not
   * have traded away.
   */
  leakWarn: 0.5,
  leakMax: 0.9,
  /**
   * The same for the size of the move whatever its direction: volatility clusters, and 0.5 is honest.
   */
  sizeLeakWarn: 0.8,
  sizeLeakMax: 0.95,
  /** Rows a leak is looked for on, evenly taken: a correlation is then known to 0.01. */
  leakSampleRows: 50_000,
  /** Findings of a check that are listed; the others are counted. */
  findingsMax: 50,
} as const
