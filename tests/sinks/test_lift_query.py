"""``lift`` and ``outcomes`` in ClickHouse: against the same in plain Python, and against answers worked out by hand."""

from __future__ import annotations

import random
from typing import Any, cast

import pytest
from clickhouse_connect.driver.client import Client

from schemas import Decision, Moment, Touchpoint
from sinks import QueryError, apply_ddl, run_query
from streams.lift import RESOLVED, Histories, Lift, Outcome, measure
from streams.settings import Settings
from streams.simulation.effect import GOOD_END
from streams.topics import DECISIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.lift.planted import UNTIL, lived
from tests.sinks.samples import at, decision, insert, moment, touchpoint, trigger, verdict

START = at("1999-01-04 10:00:00")
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def tables(client: Client, ours: Settings) -> Client:
    """A client whose database has our tables, empty."""
    apply_ddl(client, ours.clickhouse_database)
    return client


def drawn(customer_id: str, held_out: bool = False, decided_at: int = START, **more: Any) -> dict[str, Any]:
    """A decision that came as far as the check ``holdout``."""
    reason = "holdout" if held_out else "ok"
    check = {"name": "holdout", "passed": not held_out, "reason": reason, "inputs": more.pop("inputs", {})}
    made = decision(
        reason,
        "refused" if held_out else "triggered",
        customer_id=customer_id,
        action="call.back",
        decided_at=decided_at,
        moment_id=f"of {customer_id}",
        **more,
    )
    return {**made, "checks": [{"name": "consent", "passed": True, "reason": "ok", "inputs": {}}, check]}


def resolved(customer_id: str, detected_at: int) -> dict[str, Any]:
    made = moment(moment_id=f"of {customer_id}", customer_id=customer_id, phase="resolved")
    return {**made, "detected_at": detected_at}


def happened(type: str, customer_id: str, occurred_at: int) -> dict[str, Any]:
    return {**touchpoint(type, customer_id=customer_id), "occurred_at": occurred_at}


def answer(client: Client, **params: str) -> list[dict[str, Any]]:
    found = run_query(client, "lift", params)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def line(lift: Lift, minimum: int) -> dict[str, Any]:
    """A measured lift as the query writes it."""
    treated, held_out, found = lift.treated, lift.held_out, lift.difference(minimum)
    return {
        "action": lift.action,
        "rule": lift.rule,
        "treated": treated.customers,
        "treated_good": treated.good,
        "held_out": held_out.customers,
        "held_out_good": held_out.good,
        "waiting": lift.waiting,
        "switched": lift.switched,
        "treated_rate": treated.good / treated.customers if found else None,
        "held_out_rate": held_out.good / held_out.customers if found else None,
        "lift": found and found.estimate,
        "low": found and found.low,
        "high": found and found.high,
        "verdict": lift.verdict(minimum),
    }


# -- the same as in Python, to the last bit -------------------------------------------------------


def world(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Decisions, moments and touchpoints at random, many of them on or beside the ends of windows."""
    draw = random.Random(seed)
    decisions, moments, touchpoints = [], [], []
    for number in range(draw.randrange(1, 120)):
        customer = f"c{number}"
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            decided_at = START + draw.randrange(20) * HOUR
            made = drawn(
                customer,
                draw.random() < 0.4,
                decided_at,
                rule=draw.choice(("queue.abandoned", "queue.long_wait")),
                mode=draw.choice(("live", "live", "live", "shadow")),
                inputs={"overridden": "holdout"} if draw.random() < 0.1 else {},
            )
            if draw.random() < 0.1:
                made["checks"] = made["checks"][:1]
            decisions.append(made)
            edge = decided_at + draw.choice((0, DAY)) + draw.choice((-1, 0, 1))
            within = decided_at + draw.randrange(1, DAY)
            touchpoints += [
                happened(kind, customer, draw.choice((edge, within)))
                for kind in ("order.placed", "account.closed", "page.viewed")
                if draw.random() < 0.4
            ]
            if draw.random() < 0.3:
                moments.append(resolved(customer, draw.choice((edge, within))))
    return decisions, moments, touchpoints


@pytest.mark.parametrize("seed", range(4))
def test_the_query_gives_what_the_formulas_give_to_the_last_bit(tables: Client, ours: Settings, seed: int) -> None:
    decisions, moments, touchpoints = world(seed)
    insert(ours, DECISIONS, *decisions)
    insert(ours, TOUCHPOINTS, *touchpoints)
    if moments:
        insert(ours, MOMENTS, *moments)
    histories = Histories(cast(list[Touchpoint], touchpoints), cast(list[Moment], moments))
    newest = max([row["decided_at"] for row in decisions] + [row["detected_at"] for row in moments])
    outcomes = [
        (("order.placed",), (), START + 30 * HOUR),
        ((RESOLVED, "order.placed"), ("account.closed",), START + 90 * HOUR),
        ((), ("account.closed",), START + 35 * HOUR),
    ]
    for good, bad, until in outcomes:
        outcome = Outcome(good, bad, DAY)
        expected = measure(cast(list[Decision], decisions), histories, outcome, min(until, newest))
        found = answer(
            tables,
            good=",".join(good),
            bad=", ".join(bad),
            within_seconds="86400",
            minimum="5",
            until=f"{until / 1000:.3f}",
        )
        assert found == [line(lift, 5) for lift in expected]


# -- by hand --------------------------------------------------------------------------------------


def test_lift(tables: Client, ours: Settings) -> None:
    # Newcombe's first example: 56 of 70 against 48 of 80.
    treated, held_out = [f"t{n}" for n in range(70)], [f"h{n}" for n in range(80)]
    insert(ours, DECISIONS, *(drawn(name, name[0] == "h") for name in treated + held_out))
    insert(ours, TOUCHPOINTS, *(happened("order.placed", name, START + 1) for name in treated[:56] + held_out[:48]))
    insert(ours, MOMENTS, resolved("nobody", START + 7 * DAY))
    found = answer(tables, good="order.placed", minimum="70")
    assert [row["rule"] for row in found] == ["(all)", "queue.abandoned"]
    for row in found:
        assert (row["treated"], row["treated_good"], row["held_out"], row["held_out_good"]) == (70, 56, 80, 48)
        assert (row["treated_rate"], row["held_out_rate"], row["verdict"]) == (0.8, 0.6, "helped")
        assert [round(row[name], 4) for name in ("lift", "low", "high")] == [0.2, 0.0524, 0.3339]


def test_the_window_opens_after_the_decision_and_closes_before_its_end(tables: Client, ours: Settings) -> None:
    end = START + 7 * DAY
    times = {"at the decision": START, "right after": START + 1, "right before the end": end - 1, "at the end": end}
    insert(ours, DECISIONS, *(drawn(name) for name in times))
    insert(ours, TOUCHPOINTS, *(happened("order.placed", name, when) for name, when in times.items()))
    insert(ours, TOUCHPOINTS, *(happened("order.returned", name, when) for name, when in times.items()), first_offset=4)
    insert(ours, MOMENTS, *(resolved(name, when) for name, when in times.items()), resolved("nobody", end))
    good = answer(tables, good="order.placed")[0]["treated_good"]
    without_bad = answer(tables, good="", bad="order.returned")[0]["treated_good"]
    # A moment can only be resolved after it was detected, and so after it was decided on.
    in_time = answer(tables)[0]["treated_good"]
    assert (good, without_bad, in_time) == (2, 2, 3)


def test_below_the_minimum_nothing_is_claimed(tables: Client, ours: Settings) -> None:
    insert(ours, DECISIONS, *(drawn(f"t{n}") for n in range(500)), *(drawn(f"h{n}", True) for n in range(99)))
    insert(ours, MOMENTS, resolved("nobody", START + 7 * DAY))
    row = answer(tables)[0]
    assert (row["treated"], row["held_out"], row["verdict"]) == (500, 99, "too few")
    assert [row[name] for name in ("treated_rate", "held_out_rate", "lift", "low", "high")] == [None] * 5


def test_a_customer_counts_once_by_the_first_draw(tables: Client, ours: Settings) -> None:
    insert(ours, DECISIONS, *(drawn("c1", n > 0, START + n * HOUR) for n in range(5)))
    insert(ours, MOMENTS, resolved("nobody", START + 30 * DAY))
    row = answer(tables)[0]
    assert (row["treated"], row["held_out"], row["switched"]) == (1, 0, 1)


def test_whoever_passed_the_draw_is_treated_even_if_a_cap_kept_the_contact_back(tables: Client, ours: Settings) -> None:
    insert(ours, DECISIONS, {**drawn("c1"), "status": "refused", "reason": "frequency_cap"})
    insert(ours, MOMENTS, resolved("c1", START + HOUR), resolved("nobody", START + 30 * DAY))
    row = answer(tables)[0]
    assert (row["treated"], row["treated_good"]) == (1, 1)


def test_a_touchpoint_that_was_not_accepted_is_no_good_end(tables: Client, ours: Settings) -> None:
    late = happened("order.placed", "c1", START + HOUR)
    insert(ours, DECISIONS, drawn("c1"))
    insert(ours, TOUCHPOINTS, late)
    insert(ours, VERDICTS, verdict(late, 0, "late"))
    insert(ours, MOMENTS, resolved("nobody", START + 30 * DAY))
    assert answer(tables, good="order.placed")[0]["treated_good"] == 0


def test_a_window_that_is_not_over_waits(tables: Client, ours: Settings) -> None:
    insert(ours, DECISIONS, drawn("c1"), drawn("c2", decided_at=START + 1))
    insert(ours, MOMENTS, resolved("nobody", START + 7 * DAY))
    row = answer(tables)[0]
    assert (row["treated"], row["waiting"]) == (1, 1)


def test_one_action_one_rule_one_period(tables: Client, ours: Settings) -> None:
    other = {**drawn("c9", rule="queue.long_wait"), "action": "wait.apology"}
    insert(ours, DECISIONS, drawn("c1"), drawn("c2", decided_at=START + DAY), other)
    insert(ours, MOMENTS, resolved("nobody", START + 30 * DAY))
    assert [row["action"] for row in answer(tables, action="wait.apology")] == ["wait.apology"] * 2
    assert {row["rule"] for row in answer(tables, rule="queue.abandoned")} == {"(all)", "queue.abandoned"}
    assert answer(tables, action="call.back", since="1999-01-05 10:00:00")[0]["treated"] == 1


def test_an_outcome_that_held_out_customers_cannot_have_is_refused(tables: Client) -> None:
    with pytest.raises(QueryError, match=r"only seen of customers who were contacted"):
        run_query(tables, "lift", {"good": "outreach.clicked"})


def test_outcomes(tables: Client, ours: Settings) -> None:
    insert(
        ours,
        TRIGGERS,
        trigger(trigger_id="t1", action="call.back", channel="sms"),
        trigger(trigger_id="t2", action="call.back", channel="sms"),
        trigger(trigger_id="t3", action="call.back", channel="sms", sandbox=True),
        trigger(trigger_id="t4", action="thank.gift", channel="email"),
    )
    insert(
        ours,
        TOUCHPOINTS,
        touchpoint("outreach.delivered", trigger_id="t1"),
        touchpoint("outreach.opened", trigger_id="t1"),
        touchpoint("outreach.opened", trigger_id="t1"),
        touchpoint("outreach.delivered", trigger_id="t2"),
        touchpoint("outreach.opened", trigger_id="t2", customer_id="somebody else"),
        touchpoint("outreach.delivered", trigger_id="t3"),
        touchpoint("outreach.bounced", trigger_id="t9"),
    )
    found = run_query(tables, "outcomes", {})
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    some = ("action", "channel", "triggers", "delivered", "opened", "bounced", "silent")
    assert [tuple(row[name] for name in some) for row in rows] == [
        ("call.back", "sms", 2, 2, 1, 0, 0),
        ("thank.gift", "email", 1, 0, 0, 0, 1),
    ]


# -- a city with a planted effect -----------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_the_query_finds_what_was_planted_exactly_as_the_formulas_do(tables: Client, ours: Settings, seed: int) -> None:
    told = lived(seed)
    insert(ours, TOUCHPOINTS, *told.touchpoints)
    insert(ours, MOMENTS, *told.moments)
    insert(ours, DECISIONS, *told.decisions)
    # A stranger's moment long after says that every window is over.
    insert(ours, MOMENTS, {**resolved("stranger", UNTIL)})
    assert answer(tables, good=GOOD_END)[0] == line(told.lift(), 100)
    assert answer(tables)[0] == line(told.lift(RESOLVED), 100)
