-- Decisions that drew a group: they came as far as the check `holdout` and it was not overridden.
-- treated: passed it, whatever came after; otherwise left alone so as to compare.
CREATE VIEW IF NOT EXISTS holdout_draws AS
SELECT
    decision_id,
    moment_id,
    customer_id,
    rule,
    action,
    decided_at,
    policy,
    policy_version,
    indexOf(checks.name, 'holdout') AS place,
    NOT checks.passed[place] AS held_out
FROM decisions
WHERE mode = 'live' AND place > 0 AND checks.inputs[place]['overridden'] = '';

-- What the carrying systems told back, beside the trigger that it is about: one row an outcome.
-- No alias of a table: in a database of that name it would stand for the database.
CREATE VIEW IF NOT EXISTS outreach_outcomes AS
SELECT
    triggers.trigger_id AS trigger_id,
    substring(accepted_touchpoints.type, 10) AS outcome,
    accepted_touchpoints.occurred_at AS occurred_at,
    triggers.customer_id AS customer_id,
    triggers.action AS action,
    triggers.rule AS rule,
    triggers.purpose AS purpose,
    triggers.channel AS channel,
    triggers.template AS template,
    triggers.created_at AS created_at,
    triggers.sandbox AS sandbox
FROM accepted_touchpoints
-- The customer too: a trigger's id in somebody else's touchpoint tells nothing.
INNER JOIN triggers
    ON triggers.trigger_id = accepted_touchpoints.properties['trigger_id']
    AND triggers.customer_id = accepted_touchpoints.customer_id
WHERE startsWith(accepted_touchpoints.type, 'outreach.');
