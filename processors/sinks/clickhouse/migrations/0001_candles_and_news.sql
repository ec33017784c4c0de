-- The inputs of the pipeline as they stand in candles.v1 and news.v1.
--
-- All tables replace by key, the source offset being the version: whatever is written twice, for
-- example by a replay, is one row. No PARTITION BY: an insert is then one part, so it is stored whole
-- or not at all. The deduplication window makes the retry of an insert with the same token a no-op.

CREATE TABLE IF NOT EXISTS candles (
  instrument LowCardinality(String) COMMENT 'Instrument name, for example SPX500_USD. Source: candles.v1',
  open_time DateTime64(3, 'UTC') COMMENT 'Start of the one-minute bar. Source: candles.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Close of the bar: from here on the candle exists. Source: open_time plus one minute',
  open Float64 COMMENT 'First price of the minute, in price units. Source: candles.v1',
  high Float64 COMMENT 'Highest price of the minute, in price units. Source: candles.v1',
  low Float64 COMMENT 'Lowest price of the minute, in price units. Source: candles.v1',
  close Float64 COMMENT 'Last price of the minute, in price units. Source: candles.v1',
  volume Nullable(Float64) COMMENT 'Traded quantity or tick count, as the source counts. Source: candles.v1',
  bid_close Nullable(Float64) COMMENT 'Best bid at the close, in price units. Source: candles.v1',
  ask_close Nullable(Float64) COMMENT 'Best ask at the close, in price units. Source: candles.v1',
  bid_size Nullable(Float64) COMMENT 'Quantity at the best bid, as the source counts. Source: candles.v1',
  ask_size Nullable(Float64) COMMENT 'Quantity at the best ask, as the source counts. Source: candles.v1',
  source LowCardinality(String) COMMENT 'file, simulator or the name of a feed. Source: candles.v1',
  source_line Nullable(Int64) COMMENT 'Line in the input file, the header being line 1. Source: candles.v1',
  source_partition Int32 COMMENT 'Partition of candles.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, open_time)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'One-minute candles as the sources delivered them; absent minutes are absent';

CREATE TABLE IF NOT EXISTS news (
  article_id String COMMENT 'sha256 over source, published time and title, hex. Source: news.v1',
  instruments Array(LowCardinality(String)) COMMENT 'Instruments the article is about. Source: news.v1',
  published_at DateTime64(3, 'UTC') COMMENT 'When it was published. Source: news.v1',
  available_at DateTime64(3, 'UTC') COMMENT 'From when on it may be used. Source: news.v1',
  title String COMMENT 'Headline. Source: news.v1',
  body Nullable(String) COMMENT 'Text, where the source has it. Source: news.v1',
  source LowCardinality(String) COMMENT 'Publisher or feed. Source: news.v1',
  url Nullable(String) COMMENT 'Address of the article. Source: news.v1',
  author Nullable(String) COMMENT 'Author. Source: news.v1',
  language LowCardinality(Nullable(String)) COMMENT 'BCP 47 tag. Source: news.v1',
  recorded_positive Nullable(Float64) COMMENT 'Recorded probability of positive, 0 to 1. Source: news.v1',
  recorded_negative Nullable(Float64) COMMENT 'Recorded probability of negative, 0 to 1. Source: news.v1',
  recorded_neutral Nullable(Float64) COMMENT 'Recorded probability of neutral, 0 to 1. Source: news.v1',
  recorded_model LowCardinality(Nullable(String)) COMMENT 'Model of the recorded probabilities. Source: news.v1',
  provenance LowCardinality(String) COMMENT 'file, simulator or the name of a feed. Source: news.v1',
  source_line Nullable(Int64) COMMENT 'Line in the input file, the header being line 1. Source: news.v1',
  source_partition Int32 COMMENT 'Partition of news.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (published_at, article_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Articles as the sources delivered them';
