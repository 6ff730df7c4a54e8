-- title: Moments by hour, with rule, emotion and channel
-- param: since DateTime64(3) = 1970-01-01 00:00:00; detected at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
-- param: rule String = ; only this rule; empty: all
SELECT
    hour,
    rule,
    emotion,
    channel,
    sum(moments) AS detected,
    sum(moments_by_hour.resolved) AS resolved
FROM moments_by_hour
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)}
    AND ({rule:String} = '' OR rule = {rule:String})
    AND mode = 'live'
GROUP BY hour, rule, emotion, channel
HAVING detected != 0 OR resolved != 0
ORDER BY hour, rule, emotion, channel
