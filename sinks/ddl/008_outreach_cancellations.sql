CREATE TABLE IF NOT EXISTS outreach_cancellations
(
    topic        LowCardinality(String),
    partition    Int32,
    offset       Int64,
    appended_at  DateTime64(3, 'UTC'),
    trigger_id   String,
    decision_id  String,
    moment_id    String,
    customer_id  String,
    action       LowCardinality(String),
    channel      LowCardinality(String),
    reason       LowCardinality(String),
    cancelled_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, cancelled_at, trigger_id)
SETTINGS non_replicated_deduplication_window = 10000;
