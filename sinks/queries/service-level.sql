-- title: Service level by skill: who was answered within 20 s
-- offered = answered + abandoned without the short abandons (under 5 s); service level = answered in 20 s / offered
-- param: since DateTime64(3) = 1970-01-01 00:00:00; at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
SELECT
    skill,
    sum(waits_by_hour.contacts) AS contacts,
    sum(waits_by_hour.answered) AS answered,
    sum(waits_by_hour.abandoned) - sum(waits_by_hour.abandoned_short) AS abandoned,
    sum(waits_by_hour.abandoned_short) AS short_abandons,
    if(answered + abandoned = 0, NULL, round(sum(answered_in_20s) / (answered + abandoned), 4)) AS service_level,
    if(sum(waits) = 0, NULL, round(sum(wait_ms) / sum(waits) / 1000, 1)) AS mean_wait_seconds,
    sum(waits_by_hour.long_waits) AS long_waits
FROM waits_by_hour
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)}
GROUP BY skill
ORDER BY contacts DESC, skill
