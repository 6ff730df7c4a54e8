CREATE TABLE IF NOT EXISTS emotions
(
    topic              LowCardinality(String),
    partition          Int32,
    offset             Int64,
    appended_at        DateTime64(3, 'UTC'),
    customer_id        String,
    emotion            LowCardinality(String),
    level_before       Float64,
    level_after        Float64,
    cause              LowCardinality(String),
    cause_id           String,
    cause_name         LowCardinality(String),
    dominant           LowCardinality(Nullable(String)),
    occurred_at        DateTime64(3, 'UTC'),
    at                 DateTime64(3, 'UTC'),
    definition_version Int32
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, at, offset)
SETTINGS non_replicated_deduplication_window = 10000;
