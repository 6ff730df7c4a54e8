"""What a firing says."""

from __future__ import annotations

from streams.detection import Evidence, moment_id
from tests.detection.timeline import START, Customer, rule

OPENING = Evidence("e1", "shop", "c1", "t", "web", 1_767_603_600_000, None)


def test_the_moment_id_is_the_first_128_bits_of_sha_256_over_what_makes_it_this_moment() -> None:
    # printf '["family.moment",1,"shop","e1","c1",1767603600000,1]' | sha256sum | cut -c1-32
    assert moment_id("family.moment", 1, OPENING, 1) == "f762981c74dcca3a15099af72d8b6ea8"


def test_everything_that_makes_a_moment_changes_its_id() -> None:
    others = [
        moment_id("family.other", 1, OPENING, 1),
        moment_id("family.moment", 2, OPENING, 1),
        moment_id("family.moment", 1, OPENING, 2),
        moment_id("family.moment", 1, Evidence("e2", "shop", "c1", "t", "web", OPENING.occurred_at, None), 1),
        moment_id("family.moment", 1, Evidence("e1", "till", "c1", "t", "web", OPENING.occurred_at, None), 1),
        moment_id("family.moment", 1, Evidence("e1", "shop", "c2", "t", "web", OPENING.occurred_at, None), 1),
        moment_id("family.moment", 1, Evidence("e1", "shop", "c1", "t", "web", OPENING.occurred_at + 1, None), 1),
    ]
    assert len({moment_id("family.moment", 1, OPENING, 1), *others}) == 8


def test_nothing_else_changes_it() -> None:
    other = Evidence("e1", "shop", "c1", "u", "app", OPENING.occurred_at, "x", {"a": 1}, 5)
    assert moment_id("family.moment", 1, other, 1) == moment_id("family.moment", 1, OPENING, 1)


def test_parts_cannot_be_mistaken_for_one_another() -> None:
    left = Evidence('e1","c', "shop", "1", "t", "web", OPENING.occurred_at, None)
    right = Evidence("e1", "shop", 'c","1', "t", "web", OPENING.occurred_at, None)
    assert moment_id("family.moment", 1, left, 1) != moment_id("family.moment", 1, right, 1)


def test_a_firing_has_the_channel_of_its_last_and_the_correlation_of_its_opening_evidence() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 2, within: 1d}"))
    customer.meets(0, "a", "t", channel="web", correlation_id="x")
    customer.meets(1, "b", "t", channel="chat", correlation_id="y")
    (firing,) = customer.reports
    assert (firing.channel, firing.correlation_id) == ("chat", "x")


def test_its_id_is_that_of_its_opening() -> None:
    (firing,) = Customer(rule("detect: {event: {type: t}}")).meets(0, "a", "t").reports
    opening = Evidence("a", "test", "customer", "t", "web", START, None)
    assert firing.moment_id == moment_id("test.rule", 1, opening, 1)


def test_kept_values_are_the_newest_touchpoints_that_has_them() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 3, within: 1d}\nkeep: [x, y, z]"))
    customer.meets(0, "a", "t", x=1, y=1).meets(1, "b", "t", x=2).meets(2, "c", "t", x=3)
    (firing,) = customer.reports
    assert firing.context == {"count": 3, "x": 3, "y": 1}


def test_context_keys_are_sorted() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 2, within: 1d}\nkeep: [z, a]"))
    customer.meets(0, "a", "t", a=1, z=2).meets(1, "b", "t")
    (firing,) = customer.reports
    assert list(firing.context) == ["a", "count", "z"]


def test_touchpoint_fields_and_alternatives_can_be_kept_too() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nkeep: [session_id, reason or skill, properties.type]"))
    customer.meets(0, "a", "t", session_id="s1", skill="PS")
    (firing,) = customer.reports
    assert firing.context == {"reason": "PS", "session_id": "s1"}


def test_two_rules_may_keep_different_things_under_one_name() -> None:
    customer = Customer(
        rule("detect: {event: {type: t}}\nkeep: [reason]", "test.a"),
        rule("detect: {event: {type: t}}\nkeep: [reason or skill]", "test.b"),
    )
    customer.meets(0, "a", "t", skill="PS")
    assert [report.context for report in customer.reports] == [{}, {"reason": "PS"}]


def test_evidence_becomes_the_record_of_the_contract() -> None:
    assert OPENING.record() == {
        "event_id": "e1",
        "source": "shop",
        "type": "t",
        "channel": "web",
        "occurred_at": 1_767_603_600_000,
    }
