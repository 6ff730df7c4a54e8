"""The engine: takes a customer's touchpoints and deadlines through all rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.types import Touchpoint
from streams.detection.armed_rule import NO_FIRINGS, ArmedRule, commit, fire
from streams.detection.evidence import Keep
from streams.detection.fields import Getter
from streams.detection.firing import Firing, RuleFailure, rule_failure
from streams.detection.moment_types import LEVEL_TYPE, UNPUBLISHED
from streams.detection.operators import Arrival, Frame, Listener
from streams.detection.rule import DAY_MS, Rule
from streams.detection.state import DetectionState

LATE_GRACE_MS = 60_000
"""How long a deadline that is past already when it is set waits, where nothing else is said."""

Report = Firing | RuleFailure


class _Ear(NamedTuple):
    """A rule with its listener for one touchpoint type, and what every touchpoint asks of the rule."""

    rule: ArmedRule
    slot: str
    version: int
    listener: Listener


class _Audience(NamedTuple):
    """Who listens to one touchpoint type, by rule id, and what they want kept of it."""

    ears: tuple[_Ear, ...]
    keep: Keep
    heirs: tuple[ArmedRule, ...] = ()
    """Rules that must look first what earlier versions left; none but after a change."""


_NOBODY = _Audience((), ())


class Draining(NamedTuple):
    """A version that another one replaced, and that ends what it has begun; ``era`` as ``slot_of`` takes it."""

    rule: Rule
    era: int


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
        eras: of each rule that took over from another version, how many takeovers there have been.
        draining: earlier versions that end what they have begun; of one rule the oldest first.

    Raises:
        ValueError: two rules have the same id.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        late_grace_ms: int = LATE_GRACE_MS,
        allowed_lateness_ms: int = 7 * DAY_MS,
        source_graces_ms: Mapping[str, int] | None = None,
        eras: Mapping[str, int] | None = None,
        draining: Iterable[Draining] = (),
    ) -> None:
        chosen = sorted((rule for rule in rules if rule.mode != "off"), key=lambda rule: rule.id)
        if len({rule.id for rule in chosen}) != len(chosen):
            raise ValueError(f"two rules have the same id among {[rule.id for rule in chosen]}; keep one of each")
        self._grace_ms = late_grace_ms
        self._source_graces_ms = dict(source_graces_ms or {})
        running = [(rule, (eras or {}).get(rule.id, 0), False) for rule in chosen]
        frames: dict[str, Frame] = {}
        self._rules: dict[str, ArmedRule] = {}
        # An older version goes before the one that replaced it: what it completes starts the cool-down.
        for rule, era, is_draining in sorted(
            [*running, *((*one, True) for one in draining)], key=lambda one: (one[0].id, one[1])
        ):
            frame = Frame(rule.by, rule.late, allowed_lateness_ms)
            armed = ArmedRule(rule, frame, era, is_draining)
            self._rules[armed.slot], frames[armed.slot] = armed, frame
        everybody = list(self._rules.values())
        named = sorted(frozenset().union(*(armed.rule.detect.types() for armed in everybody)) - UNPUBLISHED)
        everyone = {kind: self._audience(everybody, kind, frames) for kind in (*named, None)}
        open_rules = [armed for armed in everybody if not armed.rule.identified_only]
        anonymous = {kind: self._audience(open_rules, kind, frames) for kind in (*named, None)}
        self._hearing = {
            (kind, identified): self._audience([one for one in some if kind in one.rule.detect.types()], kind, frames)
            for kind in UNPUBLISHED
            for identified, some in ((True, everybody), (False, open_rules))
        }
        self._others = everyone.pop(None)
        self._anonymous_others = anonymous.pop(None)
        self._everyone: dict[str | None, _Audience] = everyone
        self._anonymous: dict[str | None, _Audience] = anonymous

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that run, by id; not those that only end what they have begun."""
        return tuple(armed.rule for armed in self._rules.values() if not armed.is_draining)

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
        return self._take(audience, state, touchpoint, clock) if audience.ears else []

    def on_moment(self, state: DetectionState, moment: Touchpoint, clock: int) -> list[Report]:
        """Take a moment, as ``heard_moment`` makes it, through the rules that name its type."""
        audience = self._hearing[moment["type"], moment["identified"]]
        return self._take(audience, state, moment, clock) if audience.ears else []

    def on_levels(self, state: DetectionState, felt: Touchpoint, clock: int) -> list[Report]:
        """Take what moved emotional levels, as ``with_felt`` makes it, through the rules that watch levels."""
        audience = self._hearing[LEVEL_TYPE, felt["identified"]]
        return self._take(audience, state, felt, clock) if audience.ears else []

    def _take(self, audience: _Audience, state: DetectionState, touchpoint: Touchpoint, clock: int) -> list[Report]:
        reports: list[Report] = []
        ears, keep, heirs = audience
        if heirs:
            for heir in heirs:
                heir.inherit(state)
        rules, table = state.rules, state.evidence
        arrival: Arrival | None = None
        for rule, slot, version, listener in ears:
            known = rules.get(slot)
            if known is None:
                memory = None
            elif known.version == version:
                memory = known.memory
            else:
                state.forget(slot)
                known = memory = None
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
                    firings = fire(rule, known, outcome, clock, state)
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

        Order: deadline, rule id, version's age, age of the partial match. Each firing's ``detected_at`` is its own
        deadline. A rule that raises loses what was due, and is reported.
        """
        reports: list[Report] = []
        while (due := state.due) is not None and due <= now:
            waiting = sorted(slot for slot, known in state.rules.items() if known.due == due)
            for slot in waiting:
                known, rule = state.rules[slot], self._rules.get(slot)
                if rule is None or rule.timer is None or rule.version != known.version:
                    state.give_up(slot, due)
                    continue
                try:
                    outcome = rule.timer.expire(known.memory, due, state.evidence)
                    firings = fire(rule, known, outcome, due, state)
                except Exception as error:
                    outcome, firings = rule.timer.skip(known.memory, due, state.evidence), NO_FIRINGS
                    reports.append(rule_failure(rule.rule, error))
                commit(state, rule, known, outcome, firings)
                reports += firings.reports
        return reports

    def prune(self, state: DetectionState, now: int) -> None:
        """Drop what no longer counts at ``now`` (ms UTC), and what versions that no longer run left behind."""
        gone = [slot for slot in state.rules if slot not in self._rules]
        if gone:
            for rule in self._rules.values():
                if rule.is_heir:
                    rule.inherit(state)
            for slot in gone:
                state.give_up(slot, now)
                if slot in state.rules:
                    state.rules[slot].memory = None
                    state.rules[slot].until = max(state.rules[slot].cool.values(), default=0)
        state.prune(now)

    @staticmethod
    def next_deadline(state: DetectionState) -> int | None:
        """When ``on_deadline`` has something to do next, ms UTC; None when nothing is waiting."""
        return state.due

    def _audience(self, rules: list[ArmedRule], touchpoint_type: str | None, frames: dict[str, Frame]) -> _Audience:
        ears: list[_Ear] = []
        keep: dict[str, Getter | None] = {}
        for armed in rules:
            listener = armed.listener(touchpoint_type, frames[armed.slot])
            if listener is not None:
                ears.append(_Ear(armed, armed.slot, armed.version, listener))
                keep |= {
                    field.text: None if field.property_name == field.text else field.getter()
                    for field in (*armed.rule.keep, *armed.rule.detect.keeps())
                }
        if not ears:
            return _NOBODY
        heirs = tuple(ear.rule for ear in ears if ear.rule.is_heir)
        return _Audience(tuple(ears), tuple((name, keep[name]) for name in sorted(keep)), heirs)
