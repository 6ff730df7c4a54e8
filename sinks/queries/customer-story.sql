-- title: One customer's story: touchpoints, moments, decisions, triggers, cancellations
-- param: customer_id String; whose
-- param: newest UInt32 = 1000; at most this many lines, the newest ones
SELECT at, what, name, channel, detail
FROM
(
    SELECT *
    FROM
    (
        SELECT
            occurred_at AS at,
            0 AS step,
            if(outcome = '', 'touchpoint', concat('touchpoint, ', outcome)) AS what,
            type AS name,
            channel,
            arrayStringConcat(arrayMap(pair -> concat(pair.1, '=', pair.2), properties::Array(Tuple(String, String))), ' ') AS detail
        FROM touchpoints
        LEFT JOIN (SELECT touchpoint_partition, touchpoint_offset, any(verdicts.outcome) AS outcome
                   FROM verdicts WHERE customer_id = {customer_id:String} GROUP BY ALL) AS judged
            ON partition = touchpoint_partition AND offset = touchpoint_offset
        WHERE customer_id = {customer_id:String}

        UNION ALL

        SELECT
            detected_at,
            1,
            if(phase = 'resolved', 'moment resolved', 'moment'),
            rule,
            channel,
            concat(emotion, ' ', toString(round(intensity, 2)), ', because of ', arrayStringConcat(evidence.type, ' '))
        FROM moments
        WHERE customer_id = {customer_id:String}

        UNION ALL

        SELECT
            decided_at,
            2,
            concat('decision, ', status),
            if(action = '', rule, action),
            ifNull(channel, ''),
            concat(rule, ': ', reason)
        FROM decisions
        WHERE customer_id = {customer_id:String}

        UNION ALL

        SELECT created_at, 3, 'trigger', action, channel, concat(rule, ': ', template)
        FROM triggers
        WHERE customer_id = {customer_id:String}

        UNION ALL

        SELECT cancelled_at, 4, 'trigger called off', action, channel, reason
        FROM outreach_cancellations
        WHERE customer_id = {customer_id:String}
    )
    ORDER BY at DESC, step DESC
    LIMIT {newest:UInt32}
)
ORDER BY at, step
