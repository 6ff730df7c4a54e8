CREATE TABLE IF NOT EXISTS moments
(
    topic          LowCardinality(String),
    partition      Int32,
    offset         Int64,
    appended_at    DateTime64(3, 'UTC'),
    moment_id      String,
    rule           LowCardinality(String),
    rule_version   Int32,
    customer_id    String,
    identified     Bool,
    emotion        LowCardinality(String),
    intensity      Float64,
    phase          LowCardinality(String),
    channel        LowCardinality(String),
    correlation_id Nullable(String),
    evidence       Nested(event_id String, source String, type String, channel String, occurred_at DateTime64(3, 'UTC')),
    context        Map(String, String),
    opened_at      DateTime64(3, 'UTC'),
    detected_at    DateTime64(3, 'UTC'),
    expires_at     DateTime64(3, 'UTC'),
    mode           LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, detected_at, moment_id)
SETTINGS non_replicated_deduplication_window = 10000;
