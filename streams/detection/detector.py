"""The engine: takes a customer's touchpoints and deadlines through all rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.types import Touchpoint
from streams.detection.armed_rule import NO_FIRINGS, ArmedRule, commit, fire
from streams.detection.evidence import Keep
from streams.detection.fields import Getter
from streams.detection.firing import Firing, RuleFailure, rule_failure
from streams.detection.operators import Arrival, Frame, Listener
from streams.detection.rule import DAY_MS, Rule
from streams.detection.state import DetectionState

LATE_GRACE_MS = 60_000
"""How long a deadline that is past already when it is set waits, where nothing else is said."""

Report = Firing | RuleFailure


_Ear = tuple[ArmedRule, Listener]
"""A rule, and its listener for one touchpoint type."""


class _Audience(NamedTuple):
    """Who listens to one touchpoint type, by rule id, and what they want kept of it."""

    ears: tuple[_Ear, ...]
    keep: Keep


_NOBODY = _Audience((), ())


class Detector:
    """Rules, ready to run. It holds no customer's data and never changes.

    Rules in mode ``off`` are left out. Results come in the order of rule ids, whatever the order
    of ``rules``.

    Args:
        rules: at most one of each id.
        late_grace_ms: how long a deadline that is past already when it is set waits, by the clock,
            for what may still come (a nightly file).
        source_graces_ms: the same for touchpoints of these sources.
        allowed_lateness_ms: how far behind the customer's newest touchpoint one may be and still
            arrive here; windows keep their entries that much longer.

    Raises:
        ValueError: two rules have the same id.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        late_grace_ms: int = LATE_GRACE_MS,
        allowed_lateness_ms: int = 7 * DAY_MS,
        source_graces_ms: Mapping[str, int] | None = None,
    ) -> None:
        chosen = sorted((rule for rule in rules if rule.mode != "off"), key=lambda rule: rule.id)
        frames = {rule.id: Frame(rule.by, rule.late, allowed_lateness_ms) for rule in chosen}
        if len(frames) != len(chosen):
            raise ValueError(f"two rules have the same id among {[rule.id for rule in chosen]}; keep one of each")
        self._grace_ms = late_grace_ms
        self._source_graces_ms = dict(source_graces_ms or {})
        self._rules = {rule.id: ArmedRule(rule, frames[rule.id]) for rule in chosen}
        named = sorted(frozenset().union(*(rule.detect.types() for rule in chosen)))
        everyone = {kind: self._audience(chosen, kind, frames) for kind in (*named, None)}
        open_rules = [rule for rule in chosen if not rule.identified_only]
        anonymous = {kind: self._audience(open_rules, kind, frames) for kind in (*named, None)}
        self._others = everyone.pop(None)
        self._anonymous_others = anonymous.pop(None)
        self._everyone: dict[str | None, _Audience] = everyone
        self._anonymous: dict[str | None, _Audience] = anonymous

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that run, by id."""
        return tuple(armed.rule for armed in self._rules.values())

    def on_touchpoint(self, state: DetectionState, touchpoint: Touchpoint, clock: int) -> list[Report]:
        """Take one touchpoint through every rule that listens, by rule id.

        Deadlines up to ``clock`` (ms UTC) are to be fired before it (``on_deadline``). A rule that
        raises is reported as a ``RuleFailure`` in its place in the list and remembers what it did
        before; the others go on.
        """
        if touchpoint["identified"]:
            audience = self._everyone.get(touchpoint["type"], self._others)
        else:
            audience = self._anonymous.get(touchpoint["type"], self._anonymous_others)
        reports: list[Report] = []
        ears, keep = audience
        if not ears:
            return reports
        rules, table = state.rules, state.evidence
        arrival: Arrival | None = None
        for rule, listener in ears:
            memory = None
            known = rules.get(rule.id)
            if known is not None:
                if known.version == rule.version:
                    memory = known.memory
                else:
                    state.forget(rule.id)
                    known = None
            firings = NO_FIRINGS
            try:
                wanted = listener.wants(touchpoint, memory)
                if wanted is None:
                    continue
                if arrival is None:
                    grace_ms = self._source_graces_ms.get(touchpoint["source"], self._grace_ms)
                    arrival = Arrival(touchpoint, touchpoint["occurred_at"], clock, table, keep, -1, grace_ms)
                outcome = listener.step(memory, wanted, arrival)
                if outcome is None:
                    continue
                if outcome.matches:
                    firings = fire(rule, known, outcome, clock, table)
            except Exception as error:
                reports.append(rule_failure(rule.rule, error))
                continue
            commit(state, rule, known, outcome, firings, arrival.ref)
            if firings.reports:
                reports += firings.reports
        if arrival is not None and arrival.ref >= 0 and not table[arrival.ref].held:
            del table[arrival.ref]
        return reports

    def on_deadline(self, state: DetectionState, now: int) -> list[Report]:
        """Fire everything that is due at or before ``now`` (ms UTC).

        Order: deadline, rule id, age of the partial match. Each firing's ``detected_at`` is its own
        deadline. A rule that raises loses what was due, and is reported.
        """
        reports: list[Report] = []
        while (due := state.due) is not None and due <= now:
            waiting = sorted(rule_id for rule_id, known in state.rules.items() if known.due == due)
            for rule_id in waiting:
                known, rule = state.rules[rule_id], self._rules.get(rule_id)
                if rule is None or rule.timer is None or rule.version != known.version:
                    state.forget(rule_id)
                    continue
                try:
                    outcome = rule.timer.expire(known.memory, due, state.evidence)
                    firings = fire(rule, known, outcome, due, state.evidence)
                except Exception as error:
                    outcome, firings = rule.timer.skip(known.memory, due, state.evidence), NO_FIRINGS
                    reports.append(rule_failure(rule.rule, error))
                commit(state, rule, known, outcome, firings)
                reports += firings.reports
        return reports

    @staticmethod
    def next_deadline(state: DetectionState) -> int | None:
        """When ``on_deadline`` has something to do next, ms UTC; None when nothing is waiting."""
        return state.due

    def _audience(self, rules: list[Rule], touchpoint_type: str | None, frames: dict[str, Frame]) -> _Audience:
        ears: list[_Ear] = []
        keep: dict[str, Getter | None] = {}
        for rule in rules:
            listener = rule.detect.listener(touchpoint_type, frames[rule.id])
            if listener is not None:
                ears.append((self._rules[rule.id], listener))
                keep |= {
                    field.text: None if field.property_name == field.text else field.getter()
                    for field in (*rule.keep, *rule.detect.keeps())
                }
        return _Audience(tuple(ears), tuple((name, keep[name]) for name in sorted(keep))) if ears else _NOBODY
