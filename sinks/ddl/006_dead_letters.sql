-- Records that could not be processed, with their original bytes.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic            LowCardinality(String),
    partition        Int32,
    offset           Int64,
    appended_at      DateTime64(3, 'UTC'),
    stage            LowCardinality(String),
    reason           LowCardinality(String),
    detail           String,
    source_topic     LowCardinality(String),
    source_partition Int32,
    source_offset    Int64,
    rule             LowCardinality(Nullable(String)),
    key              Nullable(String),
    value            Nullable(String),
    headers          Nested(key String, value Nullable(String)),
    failed_at        DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (source_topic, source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 10000;
