-- Decisions by hour, with what was decided and why.
CREATE TABLE IF NOT EXISTS decisions_by_reason
(
    hour      DateTime('UTC'),
    rule      LowCardinality(String),
    action    LowCardinality(String),
    status    LowCardinality(String),
    reason    LowCardinality(String),
    mode      LowCardinality(String),
    decisions Int64
)
ENGINE = SummingMergeTree
ORDER BY (hour, rule, action, status, reason, mode)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS decisions_by_reason_from_decisions TO decisions_by_reason AS
SELECT
    toStartOfHour(decided_at) AS hour,
    rule,
    action,
    status,
    reason,
    mode,
    toInt64(count()) AS decisions
FROM decisions
GROUP BY hour, rule, action, status, reason, mode;
