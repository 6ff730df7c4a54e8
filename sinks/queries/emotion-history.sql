-- title: One customer's emotional levels: each move, what caused it, and what dominated then
-- Between two moves a level only fades. A cause that was heard of late took effect at occurred_at.
-- param: customer_id String; whose
-- param: emotion String = ; only this one; empty: all six
-- param: newest UInt32 = 1000; at most this many lines, the newest ones
SELECT
    at,
    emotion,
    round(level_before, 3) AS before,
    round(level_after, 3) AS after,
    cause,
    cause_name,
    cause_id,
    ifNull(dominant, '') AS dominant,
    occurred_at
FROM
(
    SELECT *
    FROM emotions
    WHERE customer_id = {customer_id:String} AND ({emotion:String} = '' OR emotion = {emotion:String})
    ORDER BY offset DESC, emotion DESC
    LIMIT {newest:UInt32}
)
ORDER BY offset, emotion
