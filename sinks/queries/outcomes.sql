-- title: What became of each outreach, by action and channel, as the carrying systems told it back
-- triggers counts those created in the period; each other column, how many of them had that outcome at least once
-- param: since DateTime64(3) = 1900-01-01 00:00:00; triggers created at or after this, UTC
-- param: until DateTime64(3) = 2299-12-31 00:00:00; and before this
-- param: action String = ; only this action; empty: all
SELECT
    action,
    channel,
    count() AS triggers,
    countIf(has(told, 'sent')) AS sent,
    countIf(has(told, 'delivered')) AS delivered,
    countIf(has(told, 'bounced')) AS bounced,
    countIf(has(told, 'opened')) AS opened,
    countIf(has(told, 'clicked')) AS clicked,
    countIf(has(told, 'replied')) AS replied,
    countIf(has(told, 'accepted')) AS accepted,
    countIf(has(told, 'refused')) AS refused,
    countIf(has(told, 'ignored')) AS ignored,
    countIf(has(told, 'complained')) AS complained,
    countIf(has(told, 'opted_out')) AS opted_out,
    countIf(has(told, 'resolved')) AS resolved,
    countIf(has(told, 'expired')) AS expired,
    countIf(has(told, 'no_capacity')) AS no_capacity,
    countIf(has(told, 'cancelled')) AS cancelled,
    countIf(empty(told)) AS silent
FROM triggers
LEFT JOIN
(
    SELECT trigger_id, groupUniqArray(outcome) AS told
    FROM outreach_outcomes
    GROUP BY trigger_id
) AS outcomes ON triggers.trigger_id = outcomes.trigger_id
WHERE NOT sandbox
    AND created_at >= {since:DateTime64(3)} AND created_at < {until:DateTime64(3)}
    AND ({action:String} = '' OR action = {action:String})
GROUP BY action, channel
ORDER BY action, channel
