-- Accepted touchpoints by hour, channel and type: a touchpoint adds one, its verdict takes it back.
CREATE TABLE IF NOT EXISTS touchpoints_by_hour
(
    hour        DateTime('UTC'),
    channel     LowCardinality(String),
    type        LowCardinality(String),
    touchpoints Int64
)
ENGINE = SummingMergeTree
ORDER BY (hour, channel, type)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_by_hour_from_touchpoints TO touchpoints_by_hour AS
SELECT toStartOfHour(occurred_at) AS hour, channel, type, toInt64(count()) AS touchpoints
FROM touchpoints
GROUP BY hour, channel, type;

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_by_hour_from_verdicts TO touchpoints_by_hour AS
SELECT toStartOfHour(occurred_at) AS hour, channel, type, -toInt64(count()) AS touchpoints
FROM verdicts
GROUP BY hour, channel, type;
