-- title: Moments by rule and emotion
-- param: since DateTime64(3) = 1970-01-01 00:00:00; detected at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
SELECT
    rule,
    emotion,
    sum(moments) AS detected,
    sum(moments_by_hour.resolved) AS resolved
FROM moments_by_hour
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)} AND mode = 'live'
GROUP BY rule, emotion
HAVING detected != 0 OR resolved != 0
ORDER BY detected DESC, rule, emotion
