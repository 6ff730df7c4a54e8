"""A case's pattern, written as a rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.detection import Rule, RuleFileError, parse_rule
from tests.conformance.errors import Refused
from tests.conformance.expressions import Condition, condition

BEGINNING = "conformance.beginning"
"""Type of the touchpoint that stands for the start of the engine, where a pattern measures from it."""

_PATTERN = {"steps", "skip", "within", "emit_timeouts", "key", "every", "cooldown", "order_by"}
_STEP = {"name", "cond", "contiguity", "quantifier", "negated", "for_ms", "repeat", "within"}
_QUANTIFIER = {"min", "max", "optional", "greedy", "consecutive", "allow_combinations", "until"}
_WORDS = {
    "first": "start",
    "next": "next",
    "followed_by": "followed_by",
    "followed_by_any": "followed_by_any",
    "not_next": "not_next",
    "not_followed_by": "not_followed_by",
}
_EVERY = {None: "first_step", "first_step": "first_step", "whole": "whole", False: "once"}
_UNBOUNDED = "366d"
"""The longest window there is, for patterns without one: a rule has a bound."""
_MOST_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Translation:
    """A rule, and whether the case's clock begins with a touchpoint of type ``BEGINNING``."""

    rule: Rule
    has_beginning: bool


def translated(pattern: Mapping[str, Any]) -> Translation:
    """The rule of a pattern.

    Raises:
        Refused: it has something that the rule language does not have.
    """
    _known(pattern, _PATTERN, "a pattern")
    if len(pattern.get("order_by", ["ts"])) > 1:
        raise Refused("order_by with more than the time")
    writer = _Writer(pattern)
    body = writer.body()
    try:
        rule = parse_rule(json.dumps(body), "case")
    except RuleFileError as error:
        raise Refused(f"as a rule it is refused: {error}") from None
    return Translation(rule, writer.has_beginning)


class _Writer:
    """Writes one rule."""

    def __init__(self, pattern: Mapping[str, Any]) -> None:
        self._pattern = pattern
        self._steps: list[Mapping[str, Any]] = list(pattern["steps"])
        for step in self._steps:
            _known(step, _STEP, "a step")
        self._names = {step["name"]: f"s{place}" for place, step in enumerate(self._steps)}
        self._positive = [step for step in self._steps if not step.get("negated")]
        self._first = self._names[self._positive[0]["name"]] if self._positive else ""
        self.has_beginning = False
        self._is_inclusive = False

    def body(self) -> dict[str, Any]:
        """The rule file, as data."""
        pattern = self._pattern
        rule: dict[str, Any] = {
            "id": "conformance.case",
            "version": 1,
            "title": "A conformance case",
            "description": "A pattern of another engine.",
            "emotion": "stressed",
            "detect": self._detect(),
        }
        cool_down = pattern.get("cooldown")
        if cool_down is not None:
            _known(cool_down, {"key", "ms", "sliding"}, "a cool-down")
            if cool_down.get("sliding"):
                raise Refused("a sliding cool-down")
            rule |= {"by": [f"properties.{cool_down['key']}"], "cool_down": f"{cool_down['ms']}ms"}
        return rule

    def _detect(self) -> dict[str, Any]:
        every = self._every()
        only = self._steps[0]
        is_plain = len(self._steps) == 1 and not (only.keys() - {"name", "cond", "contiguity"})
        if is_plain and every == "first_step" and self._pattern.get("within") is None:
            return {"event": self._condition(only["cond"])}
        detect: dict[str, Any] = {"sequence": self._sequence()}
        if every != "first_step":
            detect["every"] = every
        detect |= self._skip()
        if self._pattern.get("emit_timeouts"):
            detect["report"] = "both"
        within = self._pattern.get("within")
        if within is not None and not self._outlasts(within):
            detect |= self._within(within, detect["sequence"])
        elif not self._is_bounded():
            detect["within"] = _UNBOUNDED
        if self._is_inclusive:
            detect["inclusive"] = True
        return detect

    def _every(self) -> str:
        every = self._pattern.get("every")
        if every not in _EVERY:
            raise Refused(f"every: {every}")
        return "first_step" if not self._positive else _EVERY[every]

    def _skip(self) -> dict[str, Any]:
        word, _, step = str(self._pattern.get("skip", "skip_past_last")).partition(":")
        if word in ("skip_past_last", "no_skip", "skip_to_next"):
            return {"skip": word}
        if word in ("skip_to_first", "skip_to_last"):
            return {"skip": {word: self._names.get(step.strip(), step)}}
        raise Refused(f"skip: {word}")

    def _within(self, within: Mapping[str, Any], sequence: list[dict[str, Any]]) -> dict[str, Any]:
        scope = within.get("scope", "first_to_last")
        if scope == "pattern_start_to_last":
            if self.has_beginning:
                raise Refused("within, measured from the start of a pattern that begins with an absence")
            self.has_beginning = True
            sequence[0]["followed_by"] = sequence[0].pop("start")
            sequence.insert(0, {"start": {"type": BEGINNING}})
        found: dict[str, Any] = {"within": f"{within['ms']}ms"}
        if scope == "previous_to_current":
            found = {"within": _UNBOUNDED}
            for entry, step in zip(sequence, self._steps, strict=True):
                is_last = step is self._steps[-1]
                if not step.get("negated") and step is not self._positive[0]:
                    entry["within"] = f"{within['ms']}ms"
                elif step.get("negated") and is_last and "for" not in entry:
                    entry["for"] = f"{within['ms']}ms"
        elif scope not in ("first_to_last", "pattern_start_to_last"):
            raise Refused(f"within, measured from {scope}")
        if within.get("boundary") == "inclusive":
            found["inclusive"] = True
        return found

    def _is_bounded(self) -> bool:
        last = self._steps[-1]
        single = len(self._positive) <= 1 and not any(step.get("quantifier") for step in self._positive)
        return single and bool(last.get("negated")) and "for_ms" in last

    def _outlasts(self, within: Mapping[str, Any]) -> bool:
        """Whether the window is longer than the one absence that it could bound."""
        return self._is_bounded() and int(within["ms"]) > int(self._steps[-1]["for_ms"])

    def _sequence(self) -> list[dict[str, Any]]:
        steps = self._steps
        if not self._positive:
            if len(steps) != 1 or "for_ms" not in steps[0]:
                raise Refused("several absences and nothing else")
            self.has_beginning = True
            what = self._condition(steps[0]["cond"])
            silence = {"not_followed_by": what, "for": f"{steps[0]['for_ms']}ms", "repeat": _MOST_REPEATS}
            return [{"start": {"any": [what, {"type": BEGINNING}]}}, silence]
        return [self._entry(step, place) for place, step in enumerate(steps)]

    def _entry(self, step: Mapping[str, Any], place: int) -> dict[str, Any]:
        what = self._condition(step["cond"])
        word = _WORDS.get(step["contiguity"])
        if word is None:
            raise Refused(f"contiguity '{step['contiguity']}'")
        if step.get("negated"):
            return self._negated(step, place, word, what)
        if step is self._positive[0]:
            word = "start"
        entry: dict[str, Any] = {word: what, "name": self._names[step["name"]]}
        within = step.get("within")
        if within is not None:
            if within.get("scope") != "previous_to_current":
                raise Refused(f"within of a step, measured from {within.get('scope')}")
            if self._pattern.get("within", within).get("boundary") != within.get("boundary"):
                raise Refused("an inclusive window beside one that is exclusive")
            self._is_inclusive = within.get("boundary") == "inclusive"
            entry["within"] = f"{within['ms']}ms"
        if step.get("for_ms") is not None or step.get("repeat"):
            raise Refused("a step that lasts")
        return entry | self._quantified(step.get("quantifier"), is_last=step is self._steps[-1])

    def _negated(self, step: Mapping[str, Any], place: int, word: str, what: Condition) -> dict[str, Any]:
        entry: dict[str, Any] = {word: what}
        if place == 0:
            if "for_ms" not in step:
                raise Refused("an absence before the start without a time")
            if step.get("repeat"):
                raise Refused("an absence before the start that repeats")
            self.has_beginning = True
            entry = {"not_before": what}
        if step.get("for_ms") is not None:
            entry["for"] = f"{step['for_ms']}ms"
        if step.get("repeat") and self._repeats(step) > 1:
            entry["repeat"] = self._repeats(step)
        return entry

    def _repeats(self, step: Mapping[str, Any]) -> int:
        """How often an absence comes in the pattern's window; the rule's window is about its steps alone."""
        within = self._pattern.get("within")
        if within is None or "for_ms" not in step:
            return _MOST_REPEATS
        if len(self._positive) != 1 or within.get("scope", "first_to_last") != "first_to_last":
            raise Refused("a repeated absence in a window of several steps")
        window = within["ms"] if within.get("boundary") == "inclusive" else within["ms"] - 1
        return max(1, min(_MOST_REPEATS, int(window // step["for_ms"])))

    def _quantified(self, quantifier: Mapping[str, Any] | None, is_last: bool) -> dict[str, Any]:
        if quantifier is None:
            return {}
        _known(quantifier, _QUANTIFIER, "a quantifier")
        least, most = quantifier.get("min", 1), quantifier.get("max", 1)
        entry: dict[str, Any] = {}
        if most is None or most > 1:
            entry["times"] = most if least == most else {"at_least": least}
            if most is not None and least != most:
                entry["times"]["at_most"] = most
        if quantifier.get("optional") or least == 0:
            entry["optional"] = True
        if self._is_greedy(quantifier, is_last) and (least != most or entry.get("optional")):
            entry["greedy"] = True
        if "times" in entry:
            entry |= {"consecutive": True} if quantifier.get("consecutive") else {}
            entry |= {"combinations": True} if quantifier.get("allow_combinations") else {}
            if quantifier.get("until") is not None:
                entry["until"] = self._condition(quantifier["until"])
        return entry

    def _is_greedy(self, quantifier: Mapping[str, Any], is_last: bool) -> bool:
        """At the end, where nothing breaks or ends it, other engines report each number that would do."""
        has_until = quantifier.get("until") is not None
        if not is_last:
            return bool(quantifier.get("greedy"))
        if has_until and self._every() != "first_step":
            return True
        is_of_a_query = self._pattern.get("skip", "skip_past_last") != "no_skip"
        return bool(is_of_a_query and quantifier.get("greedy") and (has_until or quantifier.get("consecutive")))

    def _condition(self, cond: Mapping[str, Any]) -> Condition:
        return condition(cond, self._names, self._first)


def _known(found: Mapping[str, Any], known: set[str], what: str) -> None:
    for key in found:
        if key not in known:
            raise Refused(f"'{key}' of {what}")
