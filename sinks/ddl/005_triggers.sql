CREATE TABLE IF NOT EXISTS triggers
(
    topic         LowCardinality(String),
    partition     Int32,
    offset        Int64,
    appended_at   DateTime64(3, 'UTC'),
    trigger_id    String,
    decision_id   String,
    moment_id     String,
    customer_id   String,
    rule          LowCardinality(String),
    rule_version  Int32,
    action        LowCardinality(String),
    purpose       LowCardinality(String),
    channel       LowCardinality(String),
    template      LowCardinality(String),
    emotion       LowCardinality(String),
    intensity     Float64,
    context       Map(String, String),
    evidence      Nested(event_id String, source String, type String, channel String, occurred_at DateTime64(3, 'UTC')),
    not_before    DateTime64(3, 'UTC'),
    deliver_until DateTime64(3, 'UTC'),
    expires_at    DateTime64(3, 'UTC'),
    created_at    DateTime64(3, 'UTC'),
    sandbox       Bool
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, created_at, trigger_id)
SETTINGS non_replicated_deduplication_window = 10000;
