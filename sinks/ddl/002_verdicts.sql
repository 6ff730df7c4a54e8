-- A readable touchpoint that was not accepted: where it lies, why, and what it measured.
CREATE TABLE IF NOT EXISTS verdicts
(
    topic                LowCardinality(String),
    partition            Int32,
    offset               Int64,
    appended_at          DateTime64(3, 'UTC'),
    outcome              LowCardinality(String),
    outcome_reason       LowCardinality(String),
    touchpoint_topic     LowCardinality(String),
    touchpoint_partition Int32,
    touchpoint_offset    Int64,
    event_id             String,
    source               LowCardinality(String),
    customer_id          String,
    identified           Bool,
    channel              LowCardinality(String),
    type                 LowCardinality(String),
    occurred_at          DateTime64(3, 'UTC'),
    correlation_id       Nullable(String),
    session_id           Nullable(String),
    properties           Map(String, String),
    skill                LowCardinality(String) MATERIALIZED properties['skill'],
    wait_seconds         Nullable(Float64) MATERIALIZED if(abs(toFloat64OrZero(properties['wait_seconds'])) < 1e9, toFloat64OrNull(properties['wait_seconds']), NULL)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (touchpoint_partition, touchpoint_offset)
SETTINGS non_replicated_deduplication_window = 10000;

-- The touchpoints that count.
CREATE VIEW IF NOT EXISTS accepted_touchpoints AS
SELECT *, skill, reason, agent, wait_seconds, value
FROM touchpoints
WHERE (partition, offset) NOT IN (SELECT touchpoint_partition, touchpoint_offset FROM verdicts);
