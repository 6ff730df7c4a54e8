-- Emotional levels by hour: how often and how far they moved, and where to. Levels are whole thousandths, which add
-- up exactly.
-- moves           levels that moved
-- raised, lowered of them, up and down
-- raised_by       how far up, in thousandths
-- lowered_by      how far down, in thousandths
-- reached         where they stood after it, in thousandths; by moves it is the mean level
CREATE TABLE IF NOT EXISTS emotions_by_hour
(
    hour       DateTime('UTC'),
    emotion    LowCardinality(String),
    cause      LowCardinality(String),
    cause_name LowCardinality(String),
    moves      Int64,
    raised     Int64,
    lowered    Int64,
    raised_by  Int64,
    lowered_by Int64,
    reached    Int64
)
ENGINE = SummingMergeTree
ORDER BY (hour, emotion, cause, cause_name)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS emotions_by_hour_from_emotions TO emotions_by_hour AS
SELECT
    toStartOfHour(at) AS hour,
    emotion,
    cause,
    cause_name,
    toInt64(count()) AS moves,
    toInt64(countIf(level_after > level_before)) AS raised,
    toInt64(countIf(level_after < level_before)) AS lowered,
    sumIf(toInt64(round((level_after - level_before) * 1000)), level_after > level_before) AS raised_by,
    sumIf(toInt64(round((level_before - level_after) * 1000)), level_after < level_before) AS lowered_by,
    sum(toInt64(round(level_after * 1000))) AS reached
FROM emotions
GROUP BY hour, emotion, cause, cause_name;
