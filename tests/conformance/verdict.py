"""What an engine found, held against what a case expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.conformance.errors import Refused

_KNOWN = {
    *("matches", "matches_on_event", "match_count", "outputs", "fires", "not_fired_by", "timeouts", "measures"),
    *("observed_until_ms", "compare"),
}


class Found(NamedTuple):
    """A firing: ms after the origin, the event ids of its evidence, the event that completed it, or none."""

    at: int
    events: tuple[str, ...]
    on_event: str | None
    timed_out: bool


def difference(expected: Mapping[str, Any], found: Sequence[Found], events: Sequence[Mapping[str, Any]]) -> str:
    """What is not as expected; empty where all is.

    ``measures`` are not compared: a moment carries its evidence, not the values of a query's columns.

    Raises:
        Refused: a kind of expectation that is not known.
    """
    for key in expected:
        if key not in _KNOWN:
            raise Refused(f"'{key}' of what is expected")
    matches = [one for one in found if not one.timed_out]
    problems = []
    if "matches" in expected:
        problems.append(_compared(_sets(expected["matches"]), _sets(one.events for one in matches)))
    if "matches_on_event" in expected:
        problems.append(_compared(_on_event(expected["matches_on_event"]), Counter(map(_with_event, matches))))
    if "match_count" in expected and len(matches) != expected["match_count"]:
        problems.append(f"{expected['match_count']} matches expected, {len(matches)} found: {list(matches)}")
    if "outputs" in expected:
        problems.append(_outputs(expected["outputs"], matches, events))
    if "fires" in expected:
        problems.append(_fires(expected["fires"], matches))
    for time in expected.get("not_fired_by", {}):
        listed = {one["at"] for one in expected.get("fires", ())}
        early = [one for one in matches if one.at <= int(time) and one.at not in listed]
        problems.append(f"fired by {time}: {early}" if early else "")
    if "timeouts" in expected:
        problems.append(_timeouts(expected["timeouts"], [one for one in found if one.timed_out]))
    return "; ".join(problem for problem in problems if problem)


def _sets(matches: Iterable[Iterable[Any]]) -> Counter[frozenset[str]]:
    return Counter(frozenset(str(event) for event in match) for match in matches)


def _on_event(expected: Any) -> Counter[tuple[str | None, frozenset[str]]]:
    if isinstance(expected, dict):
        pairs = [(event, match) for event, matches in expected.items() for match in matches]
    else:
        several = [(event, found if found and isinstance(found[0], list) else [found]) for event, found in expected]
        pairs = [(event, match) for event, matches in several for match in matches]
    return Counter((str(event), frozenset(str(one) for one in match)) for event, match in pairs)


def _with_event(found: Found) -> tuple[str | None, frozenset[str]]:
    return found.on_event, frozenset(found.events)


def _compared(expected: Counter[Any], found: Counter[Any]) -> str:
    if expected == found:
        return ""
    return f"missing {_shown(expected - found)}, unexpected {_shown(found - expected)}"


def _shown(some: Counter[Any]) -> str:
    return str([sorted(one) if isinstance(one, frozenset) else one for one in some.elements()])


def _outputs(expected: Sequence[Sequence[Any]], matches: Sequence[Found], events: Sequence[Mapping[str, Any]]) -> str:
    """Each firing shows one output: per event its id or one of its values."""
    known = {str(event["id"]): event for event in events}
    left = list(matches)
    for output in expected:
        one = next((one for one in left if _shows(one, output, known)), None)
        if one is None:
            return f"no firing shows {list(output)}: {list(matches)}"
        left.remove(one)
    return f"more than expected: {left}" if left else ""


def _shows(found: Found, output: Sequence[Any], known: Mapping[str, Mapping[str, Any]]) -> bool:
    if len(found.events) != len(output):
        return False
    values = [[event, *map(str, known[event].get("attrs", {}).values())] for event in found.events]
    return all(str(wanted) in some for wanted, some in zip(output, values, strict=True))


def _fires(expected: Sequence[Mapping[str, Any]], matches: Sequence[Found]) -> str:
    if sorted(one["at"] for one in expected) != sorted(one.at for one in matches):
        return f"fires at {[one['at'] for one in expected]} expected, found {list(matches)}"
    for wanted in expected:
        events = wanted.get("events", wanted.get("match"))
        if events is not None and not any(
            one.at == wanted["at"] and set(one.events) == {str(event) for event in events} for one in matches
        ):
            return f"at {wanted['at']} {events} expected, found {list(matches)}"
    return ""


def _timeouts(expected: Sequence[Any], found: Sequence[Found]) -> str:
    """As sets; reported no later than the event that made an older engine notice."""
    plain = [one if isinstance(one, dict) else {"events": one} for one in expected]
    wanted = {frozenset(map(str, one["events"])): one.get("reported_at") for one in plain}
    if set(wanted) != {frozenset(one.events) for one in found}:
        return f"timeouts {[sorted(one) for one in wanted]} expected, found {list(found)}"
    for one in found:
        latest = wanted[frozenset(one.events)]
        if latest is not None and one.at > latest:
            return f"{one.events} timed out at {one.at}, after {latest}"
    return ""
