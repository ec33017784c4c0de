# Writes processors/features/golden/ttr.csv: what R's TTR says of the golden candles taken as consecutive
# minutes, bars 0-59 and then every 23rd.
#
#   apt-get install r-cran-ttr && Rscript test/reference/make_ttr_golden.R
suppressMessages(library(TTR))
arguments <- commandArgs(FALSE)
here <- dirname(sub("--file=", "", grep("--file=", arguments, value = TRUE)))
golden <- file.path(here, "..", "..", "processors", "features", "golden")
candles <- read.csv(file.path(golden, "candles.csv"))
hlc <- as.matrix(candles[, c("high", "low", "close")])
ohlc <- as.matrix(candles[, c("open", "high", "low", "close")])
close <- candles$close
simple <- c(NA, close[-1] / close[-length(close)] - 1)
# N is the number of periods in a year: 1 leaves the estimate as it is.
# Its running sums leave less than nothing on flat bars: those are left out, not warned about.
estimator <- function(calc) suppressWarnings(volatility(ohlc, n = 20, calc = calc, N = 1))
macd <- MACD(close, 12, 26, 9, maType = "EMA", percent = FALSE)
bands <- BBands(close, n = 20, sd = 2)
squares <- simple[-1]^2
lowest <- runMin(candles$low, 14)
volatility20 <- c(NA, runSD(simple[-1], 20))
columns <- list(
  gk_vol = estimator("garman.klass"),
  parkinson_vol = estimator("parkinson"),
  rs_vol = estimator("rogers.satchell"),
  yz_vol = estimator("yang.zhang"),
  volatility_20 = volatility20,
  volatility_50 = c(NA, runSD(simple[-1], 50)),
  hist_vol_20 = c(NA, runSD(ROC(close)[-1], 20)) * sqrt(362880),
  hist_vol_50 = c(NA, runSD(ROC(close)[-1], 50)) * sqrt(362880),
  vol_of_vol = c(rep(NA, 20), runSD(volatility20[-(1:20)], 20)),
  # TTR seeds its averages otherwise; this is the recursive filter of R itself.
  ewma_vol = sqrt(c(NA, squares[1], filter(0.06 * squares[-1], 0.94, "recursive", init = squares[1]))),
  # A multiplier of 1 counts the values that are equal in full: the share that is <= the newest.
  # TTR takes values within 1e-8 as equal, which volatilities are not: scaled, they tie where they are the same.
  vol_percentile_rank = c(rep(NA, 20), runPercentRank(1e6 * volatility20[-(1:20)], 1440, exact.multiplier = 1)),
  rsi_14 = RSI(close, 14),
  rsi_20 = RSI(close, 20),
  adx_14 = ADX(hlc, 14)[, "ADX"],
  atr_14 = ATR(hlc, 14, maType = "EMA", wilder = TRUE)[, "atr"],
  macd = macd[, "macd"],
  macd_signal = macd[, "signal"],
  bb_lower = bands[, "dn"],
  bb_middle = bands[, "mavg"],
  bb_upper = bands[, "up"],
  bb_position = bands[, "pctB"],
  stoch_k_14 = 100 * (close - lowest) / (runMax(candles$high, 14) - lowest),
  sma_50 = SMA(close, 50),
  ema_50 = EMA(close, 50),
  momentum_20 = momentum(close, 20),
  roc_12 = 100 * ROC(close, 12, type = "discrete"),
  log_return_1 = ROC(close),
  log_return_5 = ROC(close, 5),
  log_return_30 = ROC(close, 30)
)
bars <- seq_along(close) - 1
kept <- bars < 60 | (bars - 60) %% 23 == 0
text <- sapply(columns, function(x) ifelse(is.finite(x), format(x, digits = 17, trim = TRUE, scientific = TRUE), ""))
table <- data.frame(bar = bars, text)[kept, ]
write.csv(table, file.path(golden, "ttr.csv"), row.names = FALSE, quote = FALSE)
cat(R.version.string, "TTR", format(packageVersion("TTR")), "\n")
