-- title: First contact resolution within 24 hours, 7 days and 30 days, by skill of the first contact
-- 1 - repeat contacts / contacts; a repeat is a contact of the same identified customer less than the window
-- after the one before, and is charged to the one before
-- param: contact_type String = ivr.entered; the touchpoint that counts as a contact
-- param: since DateTime64(3) = 1900-01-01 00:00:00; contacts at or after this, UTC
-- param: until DateTime64(3) = 2299-12-31 00:00:00; and before this
SELECT
    if(grouping(skill) = 1, '(all)', skill) AS charged_to,
    count() AS contacts,
    countIf(gap_ms < 86400000) AS repeats_24h,
    countIf(gap_ms < 7 * 86400000) AS repeats_7d,
    countIf(gap_ms < 30 * 86400000) AS repeats_30d,
    round(1 - repeats_24h / contacts, 4) AS fcr_24h,
    round(1 - repeats_7d / contacts, 4) AS fcr_7d,
    round(1 - repeats_30d / contacts, 4) AS fcr_30d
FROM
(
    SELECT
        skill,
        toUnixTimestamp64Milli(occurred_at) AS at,
        leadInFrame(toNullable(at)) OVER (
            PARTITION BY customer_id
            ORDER BY at, correlation_id, event_id
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) - at AS gap_ms
    FROM accepted_touchpoints
    WHERE type = {contact_type:String} AND identified
        AND occurred_at >= {since:DateTime64(3)} AND occurred_at < {until:DateTime64(3)}
)
GROUP BY GROUPING SETS ((skill), ())
HAVING contacts > 0
ORDER BY grouping(skill) DESC, contacts DESC, charged_to
