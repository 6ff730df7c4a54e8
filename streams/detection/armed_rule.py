"""A rule made ready to run: from what an operator found to firings and to the state after them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.types import Value
from streams.detection.evidence import Table
from streams.detection.fields import key_text
from streams.detection.firing import MAX_EVIDENCE, Firing
from streams.detection.operators import Frame, Outcome, Timer
from streams.detection.rule import Rule
from streams.detection.state import MAX_COOL_DOWNS, DetectionState, RuleState, references


class Firings(msgspec.Struct, frozen=True, gc=False):
    """What a step's matches come to; nothing of it is in the state yet. None: no change."""

    reports: Sequence[Firing] = ()
    cool: dict[str, int] | None = None
    fired: dict[int, int] | None = None
    overflow: int = 0


NO_FIRINGS = Firings()


class ArmedRule:
    """A rule made ready to run."""

    __slots__ = ("cool_ms", "cool_places", "id", "keep", "rule", "timer", "version")

    def __init__(self, rule: Rule, frame: Frame) -> None:
        self.rule = rule
        self.id = rule.id
        self.version = rule.version
        self.timer: Timer | None = rule.detect.timer(frame)
        self.keep = tuple((field.text, field.key) for field in rule.keep)
        self.cool_ms = rule.cool_down.ms if rule.cool_down is not None else 0
        cool_by = rule.cool_down.by if rule.cool_down is not None else ()
        self.cool_places = tuple(rule.by.index(field) for field in cool_by)


def fire(rule: ArmedRule, known: RuleState | None, outcome: Outcome, at: int, table: Table) -> Firings:
    """Turn matches into firings, but for those in a cool-down."""
    cool: dict[str, int] | None = None
    fired: dict[int, int] | None = None
    firings: list[Firing] = []
    overflow = 0
    for match in outcome.matches:
        if rule.cool_ms:
            if cool is None:
                cool = {key: end for key, end in known.cool.items() if end > at} if known is not None else {}
            cool_key = key_text(tuple([match.key[place] for place in rule.cool_places]))
            if cool_key in cool:
                continue
            cool[cool_key] = at + rule.cool_ms
            if len(cool) > MAX_COOL_DOWNS:
                del cool[min(cool, key=cool.__getitem__)]
                overflow += 1
        refs, facts = match.find()
        n = 1
        if match.opening_stays:
            if fired is None:
                fired = known.fired.copy() if known is not None else {}
            n = fired[refs[0]] = fired.get(refs[0], 0) + 1
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
    return Firing(rule.rule, evidence, n, at, {name: facts[name] for name in sorted(facts)})


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
        known = state.rules[rule.id] = RuleState(rule.version, until, due, memory=memory)
    else:
        return
    if firings is not NO_FIRINGS:
        known.cool = known.cool if firings.cool is None else firings.cool
        known.fired = known.fired if firings.fired is None else firings.fired
        state.overflow += firings.overflow
    if known.cool:
        known.until = max(until, *known.cool.values())
    elif memory is None:
        del state.rules[rule.id]
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
