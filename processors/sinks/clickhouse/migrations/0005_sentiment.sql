-- What became of the articles: scored, or a repeat of another. The rest is in dead_letters.

CREATE TABLE IF NOT EXISTS sentiment (
  instrument LowCardinality(String) COMMENT 'Instrument the article is about. Source: sentiment.v1',
  available_at DateTime64(3, 'UTC') COMMENT 'From when on it may be used. Source: sentiment.v1',
  article_id String COMMENT 'Id of the article; join with news. Source: sentiment.v1',
  published_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was published. Source: sentiment.v1',
  positive Float64 COMMENT 'Probability of positive, 0 to 1. Source: the named model',
  negative Float64 COMMENT 'Probability of negative, 0 to 1. Source: the named model',
  neutral Float64 COMMENT 'Probability of neutral, 0 to 1. Source: the named model',
  score Float64 COMMENT 'positive - negative, -1 to 1. Source: the sentiment processor',
  confidence Float64 COMMENT 'Largest of the three probabilities. Source: the sentiment processor',
  title String COMMENT 'Headline. Source: news.v1',
  source LowCardinality(String) COMMENT 'Publisher or feed. Source: news.v1',
  url Nullable(String) COMMENT 'Address of the article. Source: news.v1',
  model LowCardinality(String) COMMENT 'Model that gave the probabilities. Source: sentiment.v1',
  model_sha256 LowCardinality(String) COMMENT 'Digest of that model; recorded where the probabilities came with the article. Source: sentiment.v1',
  news_offset Nullable(Int64) COMMENT 'Offset of the article in news.v1. Source: the lineage',
  source_partition Int32 COMMENT 'Partition of sentiment.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, available_at, article_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Scored articles, one row per article and instrument; of several scores the newest';

CREATE TABLE IF NOT EXISTS news_duplicates (
  instrument LowCardinality(String) COMMENT 'Instrument the article is about. Source: news-duplicates.v1',
  available_at DateTime64(3, 'UTC') COMMENT 'From when on the article may be used. Source: news-duplicates.v1',
  article_id String COMMENT 'The article that repeats another. Source: news-duplicates.v1',
  duplicate_of String COMMENT 'Id of the first one, which is scored. Source: the sentiment processor',
  reason LowCardinality(String) COMMENT 'What the two share: id, url or title. Source: the sentiment processor',
  title String COMMENT 'Its headline. Source: news.v1',
  source LowCardinality(String) COMMENT 'Its publisher or feed. Source: news.v1',
  news_offset Int64 COMMENT 'Its offset in news.v1. Source: the lineage',
  source_partition Int32 COMMENT 'Partition of news-duplicates.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (instrument, news_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Articles that repeat another one about the same instrument and are not scored';
