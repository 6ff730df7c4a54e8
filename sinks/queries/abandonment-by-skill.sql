-- title: Contacts, abandonment and waits by skill and hour
-- abandonment rate = abandons of 5 s and more / (answered + those); abandons under 5 s stand apart
-- param: since DateTime64(3) = 1970-01-01 00:00:00; at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
-- param: skill String = ; only this skill; empty: all
SELECT
    skill,
    hour,
    sum(waits_by_hour.contacts) AS contacts,
    sum(waits_by_hour.answered) AS answered,
    sum(waits_by_hour.abandoned) - sum(waits_by_hour.abandoned_short) AS abandoned,
    sum(waits_by_hour.abandoned_short) AS short_abandons,
    if(answered + abandoned = 0, NULL, round(abandoned / (answered + abandoned), 4)) AS abandonment_rate,
    if(answered + abandoned = 0, NULL, round(sum(answered_in_20s) / (answered + abandoned), 4)) AS service_level,
    if(sum(waits) = 0, NULL, round(sum(wait_ms) / sum(waits) / 1000, 1)) AS mean_wait_seconds
FROM waits_by_hour
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)}
    AND ({skill:String} = '' OR skill = {skill:String})
GROUP BY skill, hour
HAVING contacts != 0 OR answered != 0 OR abandoned != 0 OR short_abandons != 0
ORDER BY skill, hour
