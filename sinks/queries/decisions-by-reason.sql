-- title: What was decided, and why
-- param: since DateTime64(3) = 1970-01-01 00:00:00; decided at or after this, UTC
-- param: until DateTime64(3) = 2106-01-01 00:00:00; and before this
-- param: rule String = ; only this rule; empty: all
SELECT
    rule,
    action,
    status,
    reason,
    sum(decisions_by_reason.decisions) AS decisions
FROM decisions_by_reason
WHERE hour >= {since:DateTime64(3)} AND hour < {until:DateTime64(3)}
    AND ({rule:String} = '' OR rule = {rule:String})
    AND mode = 'live'
GROUP BY rule, action, status, reason
HAVING decisions != 0
ORDER BY rule, action, status, decisions DESC, reason
