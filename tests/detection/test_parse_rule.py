"""A rule file, read."""

from __future__ import annotations

import pytest

from streams.detection import parse_rule
from streams.detection.fields import Field
from streams.detection.operators import Event, Sequence, Window
from streams.detection.rule import CoolDown
from tests.detection.timeline import DAY, HOUR, rule, touchpoint

EVENT = "detect: {event: {type: t}}\n"
COUNT = "detect: {count: {type: t}, at_least: 2, within: 1d}\n"
SEQUENCE = "detect:\n  within: 1d\n  sequence:\n    - start: {type: t}\n    - followed_by: {type: u}\n"


def test_what_a_rule_leaves_out_has_its_default() -> None:
    found = rule(EVENT)
    assert (found.intensity, found.mode, found.by, found.identified_only, found.cool_down, found.keep) == (
        0.5,
        "live",
        (),
        False,
        None,
        (),
    )


def test_a_moment_expires_after_a_day_unless_the_rule_says_otherwise() -> None:
    assert (rule(EVENT).expires_after_ms, rule(EVENT + "expires_after: 2h\n").expires_after_ms) == (DAY, 2 * HOUR)


def test_sequences_ignore_late_touchpoints_and_windows_place_them() -> None:
    assert (rule(SEQUENCE).late, rule(COUNT).late) == ("ignore", "apply")


def test_late_can_be_set_for_both() -> None:
    assert (rule(SEQUENCE + "late: apply\n").late, rule(COUNT + "late: ignore\n").late) == ("apply", "ignore")


def test_each_operator_has_its_class() -> None:
    assert [type(rule(body).detect) for body in (EVENT, COUNT, SEQUENCE)] == [Event, Window, Sequence]


def test_a_window_has_its_numbers() -> None:
    found = rule("detect: {distinct: agent or team, of: {type: t}, at_least: 3, within: 90m, inclusive: true}").detect
    assert isinstance(found, Window)
    assert (found.field, found.at_least, found.within_ms, found.inclusive) == (
        Field(("agent", "team")),
        3,
        90 * 60_000,
        True,
    )


def test_a_plain_cool_down_runs_by_what_the_rule_is_correlated_by() -> None:
    assert rule(EVENT + "by: [x]\ncool_down: 1d\n").cool_down == CoolDown(DAY, (Field(("x",)),))


def test_a_cool_down_may_name_its_own_fields() -> None:
    assert rule(EVENT + "by: [x]\ncool_down: {for: 1d, by: []}\n").cool_down == CoolDown(DAY, ())


def test_text_fields_are_kept_as_written() -> None:
    text = "id: a.b\nversion: 7\ntitle: T\ndescription: >\n  One\n  two.\nemotion: joyful\n" + EVENT
    found = parse_rule(text + "references: one\nfalse_positives: [x, y]\nintensity: 1\nmode: shadow\n", "f")
    assert (
        found.id,
        found.version,
        found.title,
        found.description,
        found.emotion,
        found.intensity,
        found.mode,
        found.references,
        found.false_positives,
    ) == ("a.b", 7, "T", "One two.", "joyful", 1.0, "shadow", ("one",), ("x", "y"))


def test_yes_is_a_text_and_true_is_a_flag() -> None:
    found = [parse_rule(rule_text(value), "f").detect for value in ("yes", "true", "0x1F", "1e3", "'5'")]
    assert [one.condition.values for one in found if isinstance(one, Event)] == [  # type: ignore[union-attr]
        ("yes",),
        (True,),
        ("0x1F",),
        (1000.0,),
        ("5",),
    ]


def rule_text(value: str) -> str:
    return f"id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: joyful\ndetect: {{event: {{x: {value}}}}}\n"


@pytest.mark.parametrize(
    ("resolved_by", "correlation_id", "resolves"),
    [
        ("{type: solved}", None, True),
        ("{type: solved, x: 1}", None, True),
        ("{type: solved, x: 2}", None, False),
        ("{type: other}", None, False),
        ("[{type: other}, {type: solved}]", None, True),
        ("{x: 1}", None, True),
        ("{event: {type: solved}, same: [correlation_id]}", "c1", True),
        ("{event: {type: solved}, same: [correlation_id]}", "c2", False),
        ("{event: {type: solved}, same: [correlation_id]}", None, False),
        ("{event: {type: solved}, other: [correlation_id]}", "c1", False),
        ("{event: {type: solved}, other: [correlation_id]}", "c2", True),
    ],
)
def test_a_later_touchpoint_resolves_a_moment_as_resolved_by_says(
    resolved_by: str, correlation_id: str | None, resolves: bool
) -> None:
    found = rule(EVENT + f"resolved_by: {resolved_by}\n")
    assert found.resolves(touchpoint(0, "a", "solved", correlation_id="c1", x=1), correlation_id) is resolves


def test_without_resolved_by_nothing_resolves() -> None:
    assert not rule(EVENT).resolves(touchpoint(0, "a", "solved"), None)


def test_a_rule_knows_which_types_may_resolve_it() -> None:
    found = rule(EVENT + "resolved_by: {type: [solved, closed]}\n")
    assert [found.may_be_resolved_by(kind) for kind in ("solved", "closed", "opened")] == [True, True, False]


def test_equal_texts_are_equal_rules() -> None:
    assert rule(SEQUENCE) == rule(SEQUENCE)
