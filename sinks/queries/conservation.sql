-- title: Does everything add up? touchpoints loaded = accepted + judged, each row once
-- loaded      readable touchpoints in the table
-- accepted    of them, without a verdict
-- duplicate, late, dead, dropped   verdicts by outcome
-- doubled     rows beyond the first at one place of the log (must be 0)
-- unmatched   verdicts whose touchpoint is not here: not loaded yet, or lost (0 once the loader has caught up)
-- in_sums     accepted touchpoints as touchpoints_by_hour has them (must equal accepted when unmatched is 0)
SELECT
    (SELECT count() FROM touchpoints) AS loaded,
    (SELECT count() FROM accepted_touchpoints) AS accepted,
    (SELECT countIf(outcome = 'duplicate') FROM verdicts) AS duplicate,
    (SELECT countIf(outcome = 'late') FROM verdicts) AS late,
    (SELECT countIf(outcome = 'dead') FROM verdicts) AS dead,
    (SELECT countIf(outcome = 'dropped') FROM verdicts) AS dropped,
    (SELECT count() - uniqExact(partition, offset) FROM touchpoints) AS doubled,
    (
        SELECT count() FROM verdicts
        WHERE (touchpoint_partition, touchpoint_offset) NOT IN (SELECT partition, offset FROM touchpoints)
    ) AS unmatched,
    (SELECT sum(touchpoints) FROM touchpoints_by_hour) AS in_sums,
    loaded = accepted + duplicate + late + dead + dropped AND doubled = 0 AND unmatched = 0 AND in_sums = accepted
        AS adds_up
