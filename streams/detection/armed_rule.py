"""A rule made ready to run: from what an operator found to firings and to the state after them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.types import Value
from streams.detection.draining import DrainingListener, DrainingTimer
from streams.detection.evidence import Table
from streams.detection.fields import key_text
from streams.detection.firing import MAX_EVIDENCE, Firing, moment_id
from streams.detection.memory import PatternState
from streams.detection.operators import Frame, Listener, Outcome, Timer
from streams.detection.operators.pattern import Pattern
from streams.detection.rule import Rule
from streams.detection.state import MAX_COOL_DOWNS, DetectionState, RuleState, first_ever_flags, references


class Firings(msgspec.Struct, frozen=True, gc=False):
    """What a step's matches come to; nothing of it is in the state yet. None: no change."""

    reports: Sequence[Firing] = ()
    cool: dict[str, int] | None = None
    fired: dict[int, int] | None = None
    overflow: int = 0


NO_FIRINGS = Firings()


def slot_of(rule_id: str, era: int) -> str:
    """Under which name customers' records hold what a rule has under way.

    Args:
        rule_id: the rule's.
        era: how many takeovers came before; each version that takes over begins with empty hands.
    """
    return f"{rule_id}{_ERA}{era}" if era else rule_id


_ERA = "@"


class ArmedRule:
    """A rule made ready to run.

    Args:
        rule: the rule.
        frame: what its operator must know.
        era: see :func:`slot_of`.
        is_draining: another version has taken over; this one ends what it has begun.
    """

    __slots__ = ("cool_ms", "cool_places", "era", "id", "is_draining", "keep", "rule", "slot", "timer", "version")

    def __init__(self, rule: Rule, frame: Frame, era: int = 0, is_draining: bool = False) -> None:
        self.rule = rule
        self.id = rule.id
        self.version = rule.version
        self.era = era
        self.slot = slot_of(rule.id, era)
        self.is_draining = is_draining
        timer = rule.detect.timer(frame)
        self.timer: Timer | None = DrainingTimer(timer) if timer is not None and is_draining else timer
        self.keep = tuple((field.text, field.key) for field in rule.keep)
        self.cool_ms = rule.cool_down.ms if rule.cool_down is not None else 0
        cool_by = rule.cool_down.by if rule.cool_down is not None else ()
        self.cool_places = tuple(rule.by.index(field) for field in cool_by)

    def listener(self, touchpoint_type: str | None, frame: Frame) -> Listener | None:
        """Its operator bound to a touchpoint type."""
        listener = self.rule.detect.listener(touchpoint_type, frame)
        return DrainingListener(listener, self.rule) if listener is not None and self.is_draining else listener

    def kin(self, state: DetectionState) -> list[RuleState]:
        """What other versions of the rule left in the customer's record, in the order in which it came there."""
        if not self.era and not self.is_draining:
            return []
        begins = self.id + _ERA
        return [
            known
            for slot, known in state.rules.items()
            if slot != self.slot and (slot == self.id or slot.startswith(begins))
        ]

    @property
    def is_heir(self) -> bool:
        """Whether an earlier version may have left first-ever flags that this one must heed."""
        detect = self.rule.detect
        return bool(self.era) and not self.is_draining and isinstance(detect, Pattern) and detect.every == "once"

    def inherit(self, state: DetectionState) -> None:
        """Take over the first-ever flags of earlier versions, once."""
        if self.slot in state.rules:
            return
        left = [(known.until, flags) for known in self.kin(state) if (flags := first_ever_flags(known.memory))]
        if left:
            spent = list(dict.fromkeys(name for _, flags in left for name in flags.spent))
            memory = PatternState([], spent=spent, is_known=any(flags.is_known for _, flags in left))
            state.rules[self.slot] = RuleState(self.version, max(until for until, _ in left), memory=memory)


def fire(rule: ArmedRule, known: RuleState | None, outcome: Outcome, at: int, state: DetectionState) -> Firings:
    """Turn matches into firings, but for those in a cool-down, be it another version's of the rule."""
    table = state.evidence
    cool: dict[str, int] | None = None
    others: list[dict[str, int]] = []
    fired: dict[int, int] | None = None
    firings: list[Firing] = []
    overflow = 0
    for match in outcome.matches:
        if rule.cool_ms:
            if cool is None:
                cool = {key: end for key, end in known.cool.items() if end > at} if known is not None else {}
                others = [one.cool for one in rule.kin(state) if one.cool]
            cool_key = key_text(tuple([match.key[place] for place in rule.cool_places]))
            if cool_key in cool or any(one.get(cool_key, 0) > at for one in others):
                continue
            cool[cool_key] = at + rule.cool_ms
            if len(cool) > MAX_COOL_DOWNS:
                del cool[min(cool, key=cool.__getitem__)]
                overflow += 1
        refs, facts = match.find()
        n = match.first_n
        if match.opening_stays:
            if fired is None:
                fired = known.fired.copy() if known is not None else {}
            n = fired[refs[0]] = fired.get(refs[0], n - 1) + 1
        firings.append(_firing(rule, refs, facts, n, at, table))
    return Firings(firings, cool, fired, overflow)


def _firing(rule: ArmedRule, refs: list[int], facts: dict[str, Value], n: int, at: int, table: Table) -> Firing:
    if len(refs) > MAX_EVIDENCE + 1:
        refs = [refs[0], *refs[-MAX_EVIDENCE:]]
    evidence = [table[ref] for ref in refs]
    for text, name in rule.keep:
        for item in reversed(evidence):
            if item.kept is not None and text in item.kept:
                facts.setdefault(name, item.kept[text])
                break
    named = moment_id(rule.id, rule.version, evidence[0], n)
    return Firing(rule.rule, evidence, n, at, {name: facts[name] for name in sorted(facts)}, named)


def commit(
    state: DetectionState,
    rule: ArmedRule,
    known: RuleState | None,
    outcome: Outcome,
    firings: Firings,
    arrived: int = -1,
) -> None:
    """Write an outcome into the state. Nothing here can fail. ``arrived``: evidence that is still in use."""
    memory, until, due = outcome.memory, outcome.until, outcome.due
    due_before = None
    if known is not None:
        due_before = known.due
        known.memory, known.until, known.due = memory, until, due
    elif memory is not None or firings.cool:
        known = state.rules[rule.slot] = RuleState(rule.version, until, due, memory=memory)
    else:
        return
    if firings is not NO_FIRINGS:
        known.cool = known.cool if firings.cool is None else firings.cool
        known.fired = known.fired if firings.fired is None else firings.fired
        state.overflow += firings.overflow
    if known.cool:
        known.until = max(until, *known.cool.values())
    elif memory is None:
        del state.rules[rule.slot]
    table = state.evidence
    for ref in outcome.held:
        table[ref].held += 1
    for ref in outcome.released:
        evidence = table[ref]
        evidence.held -= 1
        if not evidence.held and ref != arrived:
            del table[ref]
        if ref in known.fired and ref not in references(memory):
            del known.fired[ref]
    if outcome.overflow:
        state.overflow += outcome.overflow
    if due != due_before:
        if due is not None and (state.due is None or due <= state.due):
            state.due = due
        elif due_before == state.due:
            state.find_due()
