-- title: Emotional levels by hour: how often they rose and fell, and the mean level reached
-- mean_level is that of customers whose level moved in the hour, after the move.
-- param: since DateTime64(3) = 1970-01-01 00:00:00; moved at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
-- param: emotion String = ; only this one; empty: all six
SELECT
    hour,
    emotion,
    sum(emotions_by_hour.raised) AS rises,
    sum(emotions_by_hour.lowered) AS falls,
    sum(emotions_by_hour.raised_by) / 1000 AS risen_by,
    sum(emotions_by_hour.lowered_by) / 1000 AS fallen_by,
    round(sum(reached) / sum(moves) / 1000, 3) AS mean_level
FROM emotions_by_hour
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)}
    AND ({emotion:String} = '' OR emotion = {emotion:String})
GROUP BY hour, emotion
HAVING sum(moves) > 0
ORDER BY hour, emotion
