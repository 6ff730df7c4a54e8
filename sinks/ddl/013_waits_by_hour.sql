-- The contact centre by hour and skill: a touchpoint adds, its verdict takes back the same.
-- contacts           calls that entered the menu (ivr.entered)
-- answered           agent.connected
-- answered_in_20s    of them, after at most 20 s; without a wait_seconds there was no queue, hence no wait
-- abandoned          queue.abandoned
-- abandoned_short    of them, after less than 5 s
-- waits, wait_ms     ends of a wait that carry wait_seconds, and their sum in ms (whole numbers add up exactly)
-- long_waits         of them, longer than 300 s
CREATE TABLE IF NOT EXISTS waits_by_hour
(
    hour            DateTime('UTC'),
    skill           LowCardinality(String),
    contacts        Int64,
    answered        Int64,
    answered_in_20s Int64,
    abandoned       Int64,
    abandoned_short Int64,
    waits           Int64,
    wait_ms         Int64,
    long_waits      Int64
)
ENGINE = SummingMergeTree
ORDER BY (hour, skill)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS waits_by_hour_from_touchpoints TO waits_by_hour AS
SELECT
    toStartOfHour(occurred_at) AS hour,
    skill,
    toInt64(countIf(type = 'ivr.entered')) AS contacts,
    toInt64(countIf(type = 'agent.connected')) AS answered,
    toInt64(countIf(type = 'agent.connected' AND ifNull(wait_seconds, 0) <= 20)) AS answered_in_20s,
    toInt64(countIf(type = 'queue.abandoned')) AS abandoned,
    toInt64(countIf(type = 'queue.abandoned' AND wait_seconds < 5)) AS abandoned_short,
    toInt64(countIf(type != 'ivr.entered' AND wait_seconds IS NOT NULL)) AS waits,
    sumIf(ifNull(accurateCastOrNull(round(wait_seconds * 1000), 'Int64'), 0), type != 'ivr.entered') AS wait_ms,
    toInt64(countIf(type != 'ivr.entered' AND wait_seconds > 300)) AS long_waits
FROM touchpoints
WHERE type IN ('ivr.entered', 'agent.connected', 'queue.abandoned')
GROUP BY hour, skill;

CREATE MATERIALIZED VIEW IF NOT EXISTS waits_by_hour_from_verdicts TO waits_by_hour AS
SELECT
    toStartOfHour(occurred_at) AS hour,
    skill,
    -toInt64(countIf(type = 'ivr.entered')) AS contacts,
    -toInt64(countIf(type = 'agent.connected')) AS answered,
    -toInt64(countIf(type = 'agent.connected' AND ifNull(wait_seconds, 0) <= 20)) AS answered_in_20s,
    -toInt64(countIf(type = 'queue.abandoned')) AS abandoned,
    -toInt64(countIf(type = 'queue.abandoned' AND wait_seconds < 5)) AS abandoned_short,
    -toInt64(countIf(type != 'ivr.entered' AND wait_seconds IS NOT NULL)) AS waits,
    -sumIf(ifNull(accurateCastOrNull(round(wait_seconds * 1000), 'Int64'), 0), type != 'ivr.entered') AS wait_ms,
    -toInt64(countIf(type != 'ivr.entered' AND wait_seconds > 300)) AS long_waits
FROM verdicts
WHERE type IN ('ivr.entered', 'agent.connected', 'queue.abandoned')
GROUP BY hour, skill;
