-- Every readable touchpoint of the topic, accepted or not; verdicts says which were not.
CREATE TABLE IF NOT EXISTS touchpoints
(
    topic          LowCardinality(String),
    partition      Int32,
    offset         Int64,
    appended_at    DateTime64(3, 'UTC'),
    event_id       String,
    source         LowCardinality(String),
    customer_id    String,
    identified     Bool,
    channel        LowCardinality(String),
    type           LowCardinality(String),
    occurred_at    DateTime64(3, 'UTC'),
    correlation_id Nullable(String),
    session_id     Nullable(String),
    identities     Map(String, String),
    properties     Map(String, String),
    skill          LowCardinality(String) MATERIALIZED properties['skill'],
    reason         LowCardinality(String) MATERIALIZED properties['reason'],
    agent          LowCardinality(String) MATERIALIZED properties['agent'],
    wait_seconds   Nullable(Float64) MATERIALIZED if(abs(toFloat64OrZero(properties['wait_seconds'])) < 1e9, toFloat64OrNull(properties['wait_seconds']), NULL),
    value          Nullable(Float64) MATERIALIZED toFloat64OrNull(properties['value']),
    INDEX by_offset offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (customer_id, occurred_at, partition, offset)
SETTINGS non_replicated_deduplication_window = 10000;
