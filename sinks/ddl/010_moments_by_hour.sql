-- Moments by the hour of their detection, and how many were resolved (a record of its own, same moment_id).
CREATE TABLE IF NOT EXISTS moments_by_hour
(
    hour     DateTime('UTC'),
    rule     LowCardinality(String),
    emotion  LowCardinality(String),
    channel  LowCardinality(String),
    mode     LowCardinality(String),
    moments  Int64,
    resolved Int64
)
ENGINE = SummingMergeTree
ORDER BY (hour, rule, emotion, channel, mode)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS moments_by_hour_from_moments TO moments_by_hour AS
SELECT
    toStartOfHour(detected_at) AS hour,
    rule,
    emotion,
    channel,
    mode,
    toInt64(countIf(phase != 'resolved')) AS moments,
    toInt64(countIf(phase = 'resolved')) AS resolved
FROM moments
GROUP BY hour, rule, emotion, channel, mode;
