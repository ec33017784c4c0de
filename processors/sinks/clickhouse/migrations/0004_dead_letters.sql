-- Inputs that could not be used. One row per record of dead-letters.v1.

CREATE TABLE IF NOT EXISTS dead_letters (
  original_topic LowCardinality(String) COMMENT 'Topic it came from or was meant for. Source: dead-letters.v1',
  original_partition Nullable(Int32) COMMENT 'Partition it came from; NULL if it never reached Kafka. Source: dead-letters.v1',
  original_offset Nullable(Int64) COMMENT 'Offset it came from; NULL if it never reached Kafka. Source: dead-letters.v1',
  original_file Nullable(String) COMMENT 'Input file it came from, without folder. Source: dead-letters.v1',
  original_line Nullable(Int64) COMMENT 'Line in that file, the header being line 1. Source: dead-letters.v1',
  event_time DateTime64(3, 'UTC') COMMENT 'Event time, or 1970 where none could be read. Source: dead-letters.v1',
  code LowCardinality(String) COMMENT 'Code from the error table. Source: dead-letters.v1',
  cause String COMMENT 'What is wrong, in words. Source: dead-letters.v1',
  schema_id Nullable(Int32) COMMENT 'Schema id in the bytes. Source: dead-letters.v1',
  original_key String COMMENT 'Key as it came, bytes. Source: dead-letters.v1',
  original_bytes String COMMENT 'Value as it came, bytes. Source: dead-letters.v1',
  source_partition Int32 COMMENT 'Partition of dead-letters.v1. Source: the broker',
  source_offset UInt64 COMMENT 'Offset in that partition; the highest one wins. Source: the broker'
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (original_topic, code, source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Inputs that could not be used, with their cause and their bytes';
