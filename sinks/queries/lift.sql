-- title: Did it help? Treated against held-out customers, by action and rule
-- One customer counts once, by the first decision that drew a group (intention to treat); (all): the action over all its rules.
-- treated, held_out      customers whose window is over; waiting: whose is not yet; switched: who were in both groups
-- lift, low, high        difference of the good ends' shares and its 95 % interval (Newcombe 1998, method 10)
-- verdict                too few (below the minimum: no claim), nothing seen, helped, harmed, not shown
-- param: action String = ; only this action; empty: all
-- param: rule String = ; only this rule; empty: all
-- param: good String = moment.resolved; good ends, comma separated: touchpoint types, or moment.resolved
-- param: bad String = ; touchpoint types that must not happen, comma separated
-- param: within_seconds Float64 = 604800; how long after the decision, ends excluded
-- param: minimum UInt32 = 100; fewest customers of each group for which a lift is claimed
-- param: since DateTime64(3) = 1900-01-01 00:00:00; decided at or after this, UTC
-- param: until DateTime64(3) = 2299-12-31 00:00:00; windows that end by this, or by the newest decision or moment
WITH
    arrayFilter(name -> name != '', splitByChar(',', replaceAll({good:String}, ' ', ''))) AS good_types,
    arrayFilter(name -> name != '', splitByChar(',', replaceAll({bad:String}, ' ', ''))) AS bad_types,
    toInt64(round({within_seconds:Float64} * 1000)) AS within_ms,
    (
        SELECT least(
            toUnixTimestamp64Milli({until:DateTime64(3)}),
            greatest(
                (SELECT max(toUnixTimestamp64Milli(decided_at)) FROM decisions),
                (SELECT max(toUnixTimestamp64Milli(detected_at)) FROM moments)
            )
        )
    ) AS known_until,
    (
        SELECT throwIf(
            arrayExists(name -> startsWith(name, 'outreach.'), arrayConcat(good_types, bad_types)),
            'outreach.* is only seen of customers who were contacted, so it shows no lift'
        ) = 0
    ) AS comparable,
    draws AS
    (
        SELECT
            action,
            arrayJoin([toString(rule), '(all)']) AS charged,
            customer_id,
            min((toUnixTimestamp64Milli(decided_at), decision_id, moment_id, held_out)) AS earliest,
            uniqExact(held_out) > 1 AS both
        FROM holdout_draws
        WHERE decided_at >= {since:DateTime64(3)}
            AND ({action:String} = '' OR action = {action:String})
            AND ({rule:String} = '' OR rule = {rule:String})
        GROUP BY action, charged, customer_id
    ),
    assigned AS
    (
        SELECT
            action,
            charged,
            customer_id,
            earliest.1 AS at,
            earliest.3 AS moment_id,
            earliest.4 AS held_out,
            both,
            at + within_ms <= known_until AS over
        FROM draws
    ),
    told AS
    (
        SELECT customer_id, toUnixTimestamp64Milli(occurred_at) AS at, has(good_types, type) AS is_good, has(bad_types, type) AS is_bad
        FROM accepted_touchpoints
        WHERE (has(good_types, type) OR has(bad_types, type)) AND customer_id IN (SELECT customer_id FROM draws)
    ),
    judged AS
    (
        SELECT
            action,
            charged,
            over,
            held_out,
            both,
            (
                empty(good_types)
                OR (good_end.found AND good_end.at < assigned.at + within_ms)
                OR (has(good_types, 'moment.resolved') AND ending.found AND ending.at < assigned.at + within_ms)
            )
            AND NOT (bad_end.found AND bad_end.at < assigned.at + within_ms) AS good
        FROM assigned
        -- Each takes the customer's next one after the decision.
        ASOF LEFT JOIN (SELECT customer_id, at, true AS found FROM told WHERE is_good) AS good_end
            ON assigned.customer_id = good_end.customer_id AND assigned.at < good_end.at
        ASOF LEFT JOIN (SELECT customer_id, at, true AS found FROM told WHERE is_bad) AS bad_end
            ON assigned.customer_id = bad_end.customer_id AND assigned.at < bad_end.at
        LEFT JOIN
        (
            SELECT moment_id, min(toUnixTimestamp64Milli(detected_at)) AS at, true AS found
            FROM moments
            WHERE phase = 'resolved'
            GROUP BY moment_id
        ) AS ending ON assigned.moment_id = ending.moment_id
    ),
    counted AS
    (
        SELECT
            action,
            charged,
            countIf(over AND NOT held_out) AS n1,
            countIf(over AND NOT held_out AND good) AS g1,
            countIf(over AND held_out) AS n2,
            countIf(over AND held_out AND good) AS g2,
            countIf(NOT over) AS waiting,
            countIf(over AND both) AS switched
        FROM judged
        GROUP BY action, charged
    ),
    -- As in streams/lift/interval.py, in the same order of operations.
    rated AS
    (
        SELECT
            *,
            least(n1, n2) >= greatest({minimum:UInt32}, 1) AS enough,
            1.959963984540054 AS z,
            z * z AS square,
            g1 / n1 AS rate1,
            g2 / n2 AS rate2,
            rate1 + square / (2 * n1) AS middle1,
            rate2 + square / (2 * n2) AS middle2,
            z * sqrt((rate1 * (1 - rate1) + square / (4 * n1)) / n1) AS half1,
            z * sqrt((rate2 * (1 - rate2) + square / (4 * n2)) / n2) AS half2,
            1 + square / n1 AS scale1,
            1 + square / n2 AS scale2,
            if(g1 = 0, 0, (middle1 - half1) / scale1) AS low1,
            if(g2 = 0, 0, (middle2 - half2) / scale2) AS low2,
            if(g1 = n1, 1, (middle1 + half1) / scale1) AS high1,
            if(g2 = n2, 1, (middle2 + half2) / scale2) AS high2,
            rate1 - rate2 AS estimate,
            estimate - sqrt((rate1 - low1) * (rate1 - low1) + (high2 - rate2) * (high2 - rate2)) AS low_end,
            estimate + sqrt((high1 - rate1) * (high1 - rate1) + (rate2 - low2) * (rate2 - low2)) AS high_end
        FROM counted
    )
SELECT
    action,
    charged AS rule,
    n1 AS treated,
    g1 AS treated_good,
    n2 AS held_out,
    g2 AS held_out_good,
    waiting,
    switched,
    if(enough, rate1, NULL) AS treated_rate,
    if(enough, rate2, NULL) AS held_out_rate,
    if(enough, estimate, NULL) AS lift,
    if(enough, low_end, NULL) AS low,
    if(enough, high_end, NULL) AS high,
    multiIf(
        NOT enough, 'too few',
        g1 + g2 = 0, 'nothing seen',
        low_end > 0, 'helped',
        high_end < 0, 'harmed',
        'not shown'
    ) AS verdict
FROM rated
WHERE comparable
ORDER BY action, charged != '(all)', charged
