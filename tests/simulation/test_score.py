"""The score flatters nobody."""

from __future__ import annotations

from streams.simulation import Expected, Found, Heading, RuleScore, Truth, score

HEADING = Heading(seed=1, customers=10, start=0, rules=["a.one", "b.two"], unknown={"c.three": "it is new"})
MOMENTS = [Expected("a.one", f"c000000{number}", f"e{number}", 100, 100, False) for number in range(4)]
ALL = [Found("a.one", f"c000000{number}", f"e{number}", 100) for number in range(4)]


def scored(found: list[Found], moments: list[Expected] | None = None, slack_ms: int = 0) -> RuleScore:
    heading = Heading(1, 10, 0, HEADING.rules, HEADING.unknown, slack_ms)
    return {one.rule: one for one in score(Truth(heading, moments or MOMENTS, 9), found)}["a.one"]


def test_all_found_is_perfect() -> None:
    one = scored(ALL)
    assert (one.precision, one.recall, one.is_perfect, one.unexcused) == (1.0, 1.0, True, 0)


def test_a_moment_that_is_dropped_lowers_recall() -> None:
    one = scored(ALL[:-1])
    assert (one.precision, one.recall, one.missed, one.unexcused) == (1.0, 0.75, 1, 1)


def test_a_moment_that_is_added_lowers_precision() -> None:
    one = scored([*ALL, Found("a.one", "c0000009", "e9", 100)])
    assert (one.precision, one.recall, one.false, one.unexcused) == (0.8, 1.0, 1, 1)


def test_the_same_moment_twice_is_false_once() -> None:
    one = scored([*ALL, ALL[0]])
    assert (one.right, one.false, one.unexcused) == (4, 1, 1)


def test_a_moment_at_the_wrong_time_is_missed_and_false() -> None:
    one = scored([*ALL[:-1], ALL[-1]._replace(detected_at=101)])
    assert (one.missed, one.false, one.unexcused) == (1, 1, 2)


def test_a_moment_of_the_wrong_opening_is_missed_and_false() -> None:
    one = scored([*ALL[:-1], ALL[-1]._replace(opening="e0")])
    assert (one.missed, one.false) == (1, 1)


def test_live_a_moment_may_be_as_late_as_the_truth_allows() -> None:
    late = [one._replace(detected_at=160) for one in ALL]
    assert scored(late, slack_ms=60).is_perfect
    assert not scored(late, slack_ms=59).is_perfect


def test_a_moment_that_the_truth_excuses_is_missed_with_its_reason() -> None:
    excused = [*MOMENTS[:-1], MOMENTS[-1]._replace(excuse="it came too late")]
    one = scored(ALL[:-1], excused)
    assert (one.recall, one.unexcused, one.excused) == (0.75, 0, {"missed: it came too late": 1})


def test_a_false_moment_that_the_truth_announces_lowers_precision_with_its_reason() -> None:
    announced = [
        *MOMENTS,
        Expected("a.one", "c0000009", "e9", 100, 100, True, "the end came too late", is_moment=False),
    ]
    one = scored([*ALL, Found("a.one", "c0000009", "e9", 100)], announced)
    assert (one.precision, one.unexcused, one.excused) == (0.8, 0, {"false: the end came too late": 1})


def test_one_excuse_covers_one_error() -> None:
    announced = [
        *MOMENTS,
        Expected("a.one", "c0000009", "e9", 100, 100, True, "the end came too late", is_moment=False),
    ]
    assert scored([*ALL, *[Found("a.one", "c0000009", "e9", 100)] * 2], announced).unexcused == 1


def test_a_rule_that_the_truth_does_not_know_is_told_with_the_reason() -> None:
    scores = {one.rule: one for one in score(Truth(HEADING, MOMENTS, 9), [*ALL, Found("d.four", "c0000001", "e1", 5)])}
    assert {name: (one.known, one.why_unknown) for name, one in scores.items()} == {
        "a.one": (True, ""),
        "b.two": (True, ""),
        "c.three": (False, "it is new"),
        "d.four": (False, "the truth says nothing about it"),
    }


def test_a_rule_without_moments_has_neither_precision_nor_recall() -> None:
    two = score(Truth(HEADING, MOMENTS, 9), ALL)[1]
    assert (two.rule, two.precision, two.recall, two.is_perfect) == ("b.two", None, None, True)


def test_moments_of_people_from_elsewhere_do_not_count() -> None:
    elsewhere = [Found("a.one", customer, "e9", 100) for customer in ("c0000010", "4711", "c9", "cx000001")]
    assert scored([*ALL, *elsewhere]).is_perfect


def test_moments_of_the_citys_agents_count() -> None:
    assert scored([*ALL, Found("a.one", "agent-desk-1", "e9", 100)]).false == 1
