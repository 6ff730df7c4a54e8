"""The rule: one moment, as its file defines it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from schemas.types import Touchpoint
from streams.detection.clause import BoundClause, Clause
from streams.detection.felt import EMOTIONS as EMOTIONS
from streams.detection.felt import Emotion as Emotion
from streams.detection.fields import Field
from streams.detection.moment_types import LEVEL_TYPE, MOMENT_TYPES
from streams.detection.operators import Late, Operator

Mode = Literal["live", "shadow", "off"]

DOMINANT: Literal["dominant"] = "dominant"
"""Stands for the emotion of a rule that finds out itself which one it is."""

MODES: tuple[Mode, ...] = ("live", "shadow", "off")
OnChange = Literal["drain", "drop"]
ON_CHANGE: tuple[OnChange, ...] = ("drain", "drop")
DAY_MS = 86_400_000

Reach = Literal["none", "same", "any"]
"""Which moments a touchpoint resolves: none, those of its correlation, or whatever theirs is."""

_CORRELATION = (Field(("correlation_id",)),)


@dataclass(frozen=True, slots=True)
class CoolDown:
    """After a firing the rule is quiet for that long, per customer and value of ``by``.

    It runs from the first firing's detected_at; at exactly its end the rule may fire again.
    """

    ms: int
    by: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A moment's definition. Durations in ms."""

    id: str
    """``family.moment``."""
    version: int
    title: str
    description: str
    emotion: Emotion | Literal["dominant"]
    """``dominant``: the one that the operator found, see ``Firing.emotion``."""
    detect: Operator
    intensity: float = 0.5
    """0 to 1."""
    mode: Mode = "live"
    by: tuple[Field, ...] = ()
    """Correlation: all touchpoints of one match agree on these, and have them."""
    late: Late = "ignore"
    identified_only: bool = False
    cool_down: CoolDown | None = None
    expires_after_ms: int = DAY_MS
    resolved_by: tuple[Clause, ...] = ()
    keep: tuple[Field, ...] = ()
    """Values for the moment's context; of several touchpoints that have one the newest's."""
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    on_change: OnChange = "drain"
    """What becomes of what earlier versions have under way when this one takes over: they end it, or it is dropped."""
    stratum: int = field(init=False, compare=False)
    """What it hears: 1 touchpoints, 2 the moments of the first stratum too, 3 only emotional levels."""
    _resolvers: dict[str | None, tuple[BoundClause, ...]] = field(init=False, repr=False, compare=False)
    _reaches: dict[str | None, str] = field(init=False, repr=False, compare=False)
    """Of each type: ``reach`` is always ``any``, or at most ``same``, or each touchpoint is to be asked (``ask``)."""

    def __post_init__(self) -> None:
        named = sorted(frozenset().union(*(clause.condition.types() for clause in self.resolved_by)))
        resolvers = {kind: self._bound_resolvers(kind) for kind in (None, *named)}
        object.__setattr__(self, "_resolvers", resolvers)
        object.__setattr__(self, "_reaches", {kind: _widest(clauses) for kind, clauses in resolvers.items()})
        types = self.detect.types()
        object.__setattr__(self, "stratum", 3 if LEVEL_TYPE in types else 2 if types & MOMENT_TYPES else 1)

    def resolves(self, touchpoint: Touchpoint, correlation_id: str | None) -> bool:
        """Whether a later touchpoint of the customer ends the cause of a moment of this rule.

        Args:
            correlation_id: the moment's; clauses that ask for the same one compare with it.
        """
        clauses = self._resolvers.get(touchpoint["type"])
        if clauses is None:
            clauses = self._resolvers[None]
        key, opening = (touchpoint["correlation_id"],), (correlation_id,)
        for clause in clauses:  # noqa: SIM110 - a generator costs three times as much
            if clause.holds(touchpoint, key, opening):
                return True
        return False

    def reach(self, touchpoint: Touchpoint) -> Reach:
        """Which of its moments a later touchpoint of the customer ends the cause of, going by correlation."""
        known = self._reaches.get(touchpoint["type"])
        if known is None:
            known = self._reaches[None]
        if known == "any":
            return "any"
        if known == "ask" and self.resolves(touchpoint, None):
            return "any"
        return "same" if self.resolves(touchpoint, touchpoint["correlation_id"]) else "none"

    def may_be_resolved_by(self, touchpoint_type: str) -> bool:
        """Whether a touchpoint of this type can meet ``resolved_by`` at all."""
        return bool(self._resolvers.get(touchpoint_type, self._resolvers[None]))

    def _bound_resolvers(self, touchpoint_type: str | None) -> tuple[BoundClause, ...]:
        bound = (clause.bound(touchpoint_type, _CORRELATION) for clause in self.resolved_by)
        return tuple(clause for clause in bound if clause is not None)


def _widest(clauses: tuple[BoundClause, ...]) -> str:
    if any(clause.is_bare for clause in clauses):
        return "any"
    return "same" if all(clause.asks_same for clause in clauses) else "ask"
