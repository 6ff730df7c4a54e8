"""The engine: takes a customer's touchpoints and deadlines through all rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.types import Touchpoint, Value
from streams.detection.evidence import Keep, Table, evidence_of
from streams.detection.fields import Getter, key_text
from streams.detection.firing import MAX_EVIDENCE, Firing, RuleFailure, rule_failure
from streams.detection.operators import Arrival, Frame, Listener, Outcome, Timer
from streams.detection.rule import DAY_MS, Rule
from streams.detection.state import MAX_COOL_DOWNS, DetectionState, RuleState

Report = Firing | RuleFailure


@dataclass(frozen=True, slots=True)
class _Ear:
    """One rule's listener for one touchpoint type."""

    rule: _Armed
    listener: Listener


@dataclass(frozen=True, slots=True)
class _Audience:
    """Who listens to one touchpoint type, by rule id, and what they want kept of it."""

    ears: tuple[_Ear, ...]
    keep: Keep


@dataclass(frozen=True, slots=True)
class _Firings:
    """What a step's matches come to; nothing of it is in the state yet. None: no change."""

    reports: tuple[Firing, ...] = ()
    cool: dict[str, int] | None = None
    fired: dict[int, int] | None = None
    overflow: int = 0


NO_FIRINGS = _Firings()


class _Armed:
    """A rule made ready to run."""

    __slots__ = ("cool_ms", "cool_places", "id", "keep", "rule", "timer", "version")

    def __init__(self, rule: Rule, frame: Frame) -> None:
        self.rule = rule
        self.id = rule.id
        self.version = rule.version
        self.timer: Timer | None = rule.detect.timer(frame)
        self.keep = tuple(field.key for field in rule.keep)
        self.cool_ms = rule.cool_down.ms if rule.cool_down is not None else 0
        cool_by = rule.cool_down.by if rule.cool_down is not None else ()
        self.cool_places = tuple(rule.by.index(field) for field in cool_by)


_NOBODY = _Audience((), ())


class Detector:
    """Rules, ready to run. It holds no customer's data and never changes.

    Rules in mode ``off`` are left out. Results come in the order of rule ids, whatever the order
    of ``rules``.

    Args:
        rules: at most one of each id.
        late_grace_ms: how long a deadline that is past already when it is set waits, by the clock,
            for what may still come (a nightly file).
        allowed_lateness_ms: how far behind the customer's newest touchpoint one may be and still
            arrive here; windows keep their entries that much longer.

    Raises:
        ValueError: two rules have the same id.
    """

    def __init__(
        self, rules: Iterable[Rule], late_grace_ms: int = 60_000, allowed_lateness_ms: int = 7 * DAY_MS
    ) -> None:
        chosen = sorted((rule for rule in rules if rule.mode != "off"), key=lambda rule: rule.id)
        frames = {rule.id: Frame(rule.by, rule.late, late_grace_ms, allowed_lateness_ms) for rule in chosen}
        if len(frames) != len(chosen):
            raise ValueError(f"two rules have the same id among {[rule.id for rule in chosen]}; keep one of each")
        self._rules = {rule.id: _Armed(rule, frames[rule.id]) for rule in chosen}
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
        if not audience.ears:
            return reports
        rules, table = state.rules, state.evidence
        arrival: Arrival | None = None
        for ear in audience.ears:
            rule, listener = ear.rule, ear.listener
            known = rules.get(rule.id)
            if known is not None and known.version != rule.version:
                state.forget(rule.id)
                known = None
            firings = NO_FIRINGS
            try:
                memory = known.memory if known is not None else None
                wanted = listener.wants(touchpoint, memory)
                if wanted is None:
                    continue
                if arrival is None:
                    ref = next(reversed(table)) + 1 if table else 0
                    table[ref] = evidence_of(touchpoint, audience.keep)
                    arrival = Arrival(touchpoint, touchpoint["occurred_at"], ref, clock, table)
                outcome = listener.step(memory, wanted, arrival)
                if outcome is None:
                    continue
                if outcome.matches:
                    firings = _fire(rule, known, outcome, clock, table)
            except Exception as error:
                reports.append(rule_failure(rule.rule, error))
                continue
            _commit(state, rule, known, outcome, firings, arrival.ref)
            reports += firings.reports
        if arrival is not None and not table[arrival.ref].held:
            del table[arrival.ref]
        return reports

    def on_deadline(self, state: DetectionState, now: int) -> list[Report]:
        """Fire everything that is due at or before ``now`` (ms UTC).

        Order: deadline, rule id, age of the partial match. Each firing's ``detected_at`` is its own
        deadline. A rule that raises loses what was due, and is reported.
        """
        reports: list[Report] = []
        while (due := state.due) is not None and due <= now:
            for rule_id in sorted(rule_id for rule_id, known in state.rules.items() if known.due == due):
                known, rule = state.rules[rule_id], self._rules.get(rule_id)
                if rule is None or rule.timer is None or rule.version != known.version:
                    state.forget(rule_id)
                    continue
                try:
                    outcome = rule.timer.expire(known.memory, due, state.evidence)
                    firings = _fire(rule, known, outcome, due, state.evidence)
                except Exception as error:
                    outcome, firings = rule.timer.skip(known.memory, due, state.evidence), NO_FIRINGS
                    reports.append(rule_failure(rule.rule, error))
                _commit(state, rule, known, outcome, firings)
                reports += firings.reports
        return reports

    @staticmethod
    def next_deadline(state: DetectionState) -> int | None:
        """When ``on_deadline`` has something to do next, ms UTC; None when nothing is waiting."""
        return state.due

    def _audience(self, rules: list[Rule], touchpoint_type: str | None, frames: dict[str, Frame]) -> _Audience:
        ears: list[_Ear] = []
        keep: dict[str, Getter] = {}
        for rule in rules:
            listener = rule.detect.listener(touchpoint_type, frames[rule.id])
            if listener is not None:
                ears.append(_Ear(self._rules[rule.id], listener))
                keep |= {field.key: field.getter() for field in rule.keep}
        return _Audience(tuple(ears), tuple(sorted(keep.items()))) if ears else _NOBODY


def _fire(rule: _Armed, known: RuleState | None, outcome: Outcome, at: int, table: Table) -> _Firings:
    """Turn matches into firings, but for those in a cool-down."""
    cool = {key: end for key, end in known.cool.items() if end > at} if known is not None else {}
    fired = known.fired.copy() if known is not None else {}
    firings: list[Firing] = []
    overflow = 0
    for match in outcome.matches:
        if rule.cool_ms:
            cool_key = key_text(tuple([match.key[place] for place in rule.cool_places]))
            if cool_key in cool:
                continue
            cool[cool_key] = at + rule.cool_ms
            if len(cool) > MAX_COOL_DOWNS:
                del cool[min(cool, key=cool.__getitem__)]
                overflow += 1
        refs, facts = match.find()
        opening = refs[0]
        n = fired.get(opening, 0) + 1
        if match.opening_stays:
            fired[opening] = n
        firings.append(_firing(rule, refs, facts, n, at, table))
    return _Firings(tuple(firings), cool, fired, overflow)


def _firing(rule: _Armed, refs: list[int], facts: dict[str, Value], n: int, at: int, table: Table) -> Firing:
    if len(refs) > MAX_EVIDENCE + 1:
        refs = [refs[0], *refs[-MAX_EVIDENCE:]]
    evidence = [table[ref] for ref in refs]
    for name in rule.keep:
        for item in reversed(evidence):
            if item.kept is not None and name in item.kept:
                facts.setdefault(name, item.kept[name])
                break
    return Firing(rule.rule, evidence, n, at, {name: facts[name] for name in sorted(facts)})


def _commit(
    state: DetectionState,
    rule: _Armed,
    known: RuleState | None,
    outcome: Outcome,
    firings: _Firings,
    arrived: int = -1,
) -> None:
    """Write an outcome into the state. Nothing here can fail. ``arrived``: evidence that is still in use."""
    table, due_before = state.evidence, None
    for ref in outcome.held:
        table[ref].held += 1
    if known is not None:
        due_before = known.due
    elif outcome.memory is not None or firings.cool:
        known = state.rules[rule.id] = RuleState(rule.version)
    for ref in outcome.released:
        evidence = table[ref]
        evidence.held -= 1
        if not evidence.held and ref != arrived:
            del table[ref]
    if known is not None:
        known.memory = outcome.memory
        known.due = outcome.due
        if firings is not NO_FIRINGS:
            known.cool, known.fired = firings.cool or {}, firings.fired or {}
        if known.fired:
            for ref in outcome.released:
                known.fired.pop(ref, None)
        known.until = max(outcome.until, max(known.cool.values())) if known.cool else outcome.until
        if known.memory is None and not known.cool:
            del state.rules[rule.id]
    state.overflow += outcome.overflow + firings.overflow
    if outcome.due != due_before:
        if outcome.due is not None and (state.due is None or outcome.due <= state.due):
            state.due = outcome.due
        elif due_before == state.due:
            state.find_due()
