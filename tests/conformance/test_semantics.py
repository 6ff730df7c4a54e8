"""What quantifiers, contiguity, negation and skipping mean, case by case, as other engines read them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.run import firings

_CONTIGUITY = {">>": "followed_by_any", ">": "next", "!!": "not_next", "!": "not_followed_by"}
_FLAGS = {"greedy": "greedy", "consecutive": "consecutive", "combinations": "allow_combinations"}


def step(word: str, place: int) -> dict[str, Any]:
    """A step like ``>a{1,3,greedy}``: contiguity, type and quantifier."""
    mark = next((mark for mark in _CONTIGUITY if word.startswith(mark)), "")
    kind, _, quantifier = word.removeprefix(mark).rstrip("}").partition("{")
    contiguity = "first" if place == 0 else _CONTIGUITY.get(mark, "followed_by")
    made: dict[str, Any] = {"name": f"s{place}", "cond": {"type": kind}, "contiguity": contiguity}
    if mark.startswith("!"):
        made["negated"] = True
    if quantifier:
        least, most, *flags = quantifier.split(",")
        made["quantifier"] = {"min": int(least), "max": int(most) if most else None}
        made["quantifier"] |= {_FLAGS[flag]: True for flag in flags if flag in _FLAGS}
        until = next((flag.removeprefix("until:") for flag in flags if flag.startswith("until:")), None)
        made["quantifier"] |= {"until": {"type": until}} if until is not None else {}
    return made


def found(pattern: str, line: str, **more: Any) -> list[str]:
    """Matches on a line of events, one a millisecond; what timed out ends with ``~``."""
    case = {
        "id": "case",
        "pattern": {
            "steps": [step(word, place) for place, word in enumerate(pattern.split())],
            "skip": "no_skip",
            **more,
        },
        "clock": {"mode": "event", "order": "feed_order"},
        "events": [{"id": one, "type": one.rstrip("0123456789"), "ts": at} for at, one in enumerate(line.split())],
        "expected": {},
    }
    return sorted(" ".join(one.events) + ("~" if one.timed_out else "") for one in firings(case))


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("c a{0,,greedy} d", "c a1 a2 a3 d", ["c a1 a2 a3 d"]),
        ("c a{0,,greedy} d", "c a1 x a2 a3 d", ["c a1 a2 a3 d"]),
        ("c a{0,,greedy} d", "c d", ["c d"]),
        ("c a{1,,greedy} d", "c d", []),
        ("c a{0,,greedy} d{0,1} e", "c a1 a2 d e", ["c a1 a2 d e", "c a1 a2 e"]),
        ("c a{2,5,greedy} d", "c a1 a2 a3 a4 d", ["c a1 a2 a3 a4 d"]),
        ("c a{2,5,greedy} d", "c a1 d", []),
        ("c a{2,3,greedy} d", "c a1 a2 a3 a4 a5 d", ["c a1 a2 a3 d"]),
        ("c a{2,3,greedy} d{0,1} e", "c a1 a2 a3 a4 d e", ["c a1 a2 a3 d e", "c a1 a2 a3 e"]),
        ("c a{1,2,greedy} !x d", "c a1 a2 a3 d", ["c a1 a2 d"]),
        ("c a{0,2,greedy} d", "c a1 a2 a3 d", ["c a1 a2 d"]),
        ("c a{0,1,greedy} d", "c a1 a2 d", ["c a1 d"]),
        ("c a{0,1,greedy} d", "c x d", ["c d"]),
        ("c a{0,} b", "c a1 a2 a3 b", ["c a1 a2 a3 b", "c a1 a2 b", "c a1 b", "c b"]),
        ("c >>a{0,} b", "c a1 a2 b", ["c a1 a2 b", "c a1 b", "c a2 b", "c b"]),
        ("c >>a{1,,combinations} b", "c a1 a2 b", ["c a1 a2 b", "c a1 b", "c a2 b"]),
        ("a{0,} b", "a1 a2 b", ["a1 a2 b", "a1 b", "a2 b", "b"]),
        ("c a{0,}", "c a1 a2 a3", ["c", "c a1", "c a1 a2", "c a1 a2 a3"]),
        ("c a{1,}", "c a1 a2", ["c a1", "c a1 a2"]),
        ("c a{0,,consecutive,greedy}", "c a1 a2 x a3", ["c", "c a1", "c a1 a2"]),
        ("c a{1,,until:x} b", "c a1 a2 x a3 b", ["c a1 a2 b", "c a1 b"]),
        ("c a{1,,until:x,greedy} b", "c a1 a2 x a3 b", ["c a1 a2 b"]),
        ("a{1,,consecutive} b", "a1 a2 x a3 b", ["a1 a2 b", "a1 b", "a2 b", "a3 b"]),
        ("c >a{1,,consecutive} b", "c a1 a2 x a3 b", ["c a1 a2 b", "c a1 b"]),
        ("a b{2,4} c", "a b1 b2 b3 b4 c", ["a b1 b2 b3 b4 c", "a b1 b2 b3 c", "a b1 b2 c"]),
        ("a b{2,4,consecutive} c", "a b1 b2 b3 x c", ["a b1 b2 b3 c", "a b1 b2 c"]),
        ("a{3,3,consecutive}", "a1 a2 x a3 a4 a5", ["a3 a4 a5"]),
        ("x{0,1} >y{0,1} >z", "x y z", ["x y z", "y z", "z"]),
        ("a b !c d", "a b x d", ["a b d"]),
        ("a b !c d", "a b c d", []),
        ("a !c b{1,} d", "a b1 c b2 d", ["a b1 b2 d", "a b1 d"]),
        ("a !!b c", "a x b c", ["a c"]),
        ("a !!b c", "a b x c", []),
    ],
)
def test_every_way_to_match_is_found(pattern: str, line: str, expected: list[str]) -> None:
    assert found(pattern, line) == expected


@pytest.mark.parametrize(
    ("pattern", "line", "skip", "expected"),
    [
        ("a b c", "a1 b1 a2 b2 c", "skip_past_last", ["a1 b1 c"]),
        ("a{2,,consecutive,greedy} >b", "a1 a2 a3 b", "skip_past_last", ["a1 a2 a3 b"]),
        ("a{2,,consecutive,greedy} >b", "a1 a2 a3 b", "no_skip", ["a1 a2 a3 b", "a2 a3 b"]),
        ("a{2,,consecutive,greedy} >b", "a1 a2 a3 a4 b", "skip_to_last:s0", ["a1 a2 a3 a4 b"]),
        ("a{1,,consecutive,greedy} >b", "a1 a2 a3 b", "skip_to_last:s0", ["a1 a2 a3 b", "a3 b"]),
        ("a >>b", "a1 a2 b1 b2", "skip_to_next", ["a1 b1", "a2 b1"]),
        ("a >>b", "a1 a2 b1 b2", "no_skip", ["a1 b1", "a1 b2", "a2 b1", "a2 b2"]),
        ("a b{2,2} c", "a b1 b2 c", "skip_to_first:s1", ["a b1 b2 c"]),
    ],
)
def test_what_overlaps_is_what_the_skip_leaves(pattern: str, line: str, skip: str, expected: list[str]) -> None:
    assert found(pattern, line, skip=skip) == expected


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("a b !c", "a b x x x x x", ["a b"]),
        ("a b !c", "a b x c x x x", []),
        ("a !b", "a x x x x x", ["a"]),
        ("a b{0,1} !c", "a x x x x x", ["a", "a~"]),
        ("a b{0,1} !c", "a b x x x x", ["a", "a b"]),
        ("a b{0,1} !c", "a c x x x x", []),
        ("a b{1,} !c", "a b1 b2 x x x", ["a b1", "a b1 b2", "a b1 b2~"]),
        ("a b{1,} !c", "a b c x x x", []),
        ("a b{1,2,greedy} !c", "a b x x x x", ["a b", "a b~"]),
        ("a b{1,2,greedy} !c", "a b1 b2 x x x", ["a b1 b2"]),
        ("a b c", "a b x x x x", ["a b~"]),
        ("a >>b c", "a b x x x x", ["a b~", "a~"]),
    ],
)
def test_time_that_is_over_completes_an_absence_and_is_reported_of_the_rest(
    pattern: str, line: str, expected: list[str]
) -> None:
    within = {"ms": 5, "scope": "first_to_last", "boundary": "exclusive"}
    assert found(pattern, line, within=within, emit_timeouts=True) == expected


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("b{1,,until:d}", "a b1 c b2 d b3 d", ["b1 b2"]),
        ("b{2,,until:d}", "b1 d b2 b3 d", []),
        ("b{1,2,until:d}", "b1 b2 b3 d", ["b1 b2"]),
        ("a b{1,,until:d}", "a b1 b2 d", ["a b1 b2"]),
    ],
)
def test_a_loop_that_something_ends_fires_once_at_its_end(pattern: str, line: str, expected: list[str]) -> None:
    assert found(pattern, line, every=False) == expected


@pytest.mark.parametrize(
    ("pattern", "line", "boundary", "expected"),
    [
        ("a b c", "a x b x c", "exclusive", ["a b c"]),
        ("a b c", "a x x b c", "exclusive", []),
        ("a b c", "a x x b c", "inclusive", ["a b c"]),
        ("a b{2,2} c", "a b1 x b2 x c", "exclusive", ["a b1 b2 c"]),
        ("a b{2,2} c", "a b1 x x b2 c", "exclusive", []),
        ("a b !c", "a b x x c x", "exclusive", ["a b"]),
        ("a b !c", "a b x c x x", "exclusive", []),
    ],
)
def test_a_window_from_the_step_before_runs_anew_with_every_step(
    pattern: str, line: str, boundary: str, expected: list[str]
) -> None:
    within = {"ms": 3, "scope": "previous_to_current", "boundary": boundary}
    assert found(pattern, line, within=within) == expected


def test_a_loop_that_something_ends_begins_anew_after_its_end() -> None:
    assert found("b{1,,until:d}", "a b1 c b2 d b3 d", every="whole") == ["b1 b2", "b3"]


@pytest.mark.parametrize(("boundary", "expected"), [("exclusive", ["a"]), ("inclusive", ["a", "a"])])
def test_a_repeated_absence_ends_with_the_window(boundary: str, expected: list[str]) -> None:
    silence = {**step("!b", 1), "for_ms": 2, "repeat": True}
    within = {"ms": 4, "scope": "first_to_last", "boundary": boundary}
    assert found("a", "a x x x x x x x x x", steps=[step("a", 0), silence], within=within) == expected
