"""Counting that something ends: a window or series that begins anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from schemas.types import Touchpoint
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Key, key_text, keyer
from streams.detection.memory import MAX_MARKS
from streams.detection.operators.operator import Arrival, Frame, Late, Listener, Outcome
from streams.detection.operators.series import Series
from streams.detection.operators.window import Window
from streams.detection.state import ClearedState

_ALL = "\0all"


@dataclass(frozen=True, slots=True)
class Cleared:
    """``inner``, but what occurred up to the newest touchpoint that meets ``unless`` does not count.

    That touchpoint clears the counts of its correlation, or with ``of_all`` those of every one. It
    is not counted itself. Where it arrives late, what it clears no longer counts from then on.
    """

    inner: Window | Series
    unless: Condition
    of_all: bool = False

    @property
    def default_late(self) -> Late | None:
        """As the inner one's."""
        return self.inner.default_late

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.inner.types() | self.unless.types()

    def keeps(self) -> tuple[Field, ...]:
        """As the inner one's."""
        return self.inner.keeps()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> ClearedListener | None:
        """Bound to a touchpoint type."""
        unless = self.unless.folded(touchpoint_type)
        inner = self.inner.listener(touchpoint_type, frame)
        if inner is None and unless is False:
            return None
        check = None if isinstance(unless, bool) else unless.check()
        return ClearedListener(self, inner, unless is not False, check, frame)

    def timer(self, frame: Frame) -> None:
        """It has no deadlines."""


class ClearedListener:
    """``Cleared`` for one touchpoint type."""

    __slots__ = ("_check", "_clears", "_inner", "_keep_ms", "_key", "_of_all", "_remember_ms")

    def __init__(
        self, cleared: Cleared, inner: Listener | None, clears: bool, check: Check | None, frame: Frame
    ) -> None:
        self._inner = inner
        self._clears = clears
        self._check = check
        self._of_all = cleared.of_all
        self._key = keyer(() if cleared.of_all else frame.by)
        self._remember_ms = frame.allowed_lateness_ms if frame.late == "apply" else 0
        self._keep_ms = self._remember_ms + (
            cleared.inner.judge.reach_ms if isinstance(cleared.inner, Series) else cleared.inner.reach_ms
        )

    def wants(
        self, touchpoint: Touchpoint, memory: ClearedState | None
    ) -> tuple[Literal["clear"], Key] | tuple[Literal["count"], Any] | None:
        """Whether it clears, or what the inner one wants to know of it."""
        if self._clears and (self._check is None or self._check(touchpoint)):
            key = self._key(touchpoint)
            return None if None in key else ("clear", key)
        inner = memory.inner if memory is not None else None
        wanted = self._inner.wants(touchpoint, inner) if self._inner is not None else None
        return None if wanted is None else ("count", wanted)

    def step(self, memory: ClearedState | None, wanted: tuple[str, Any], arrival: Arrival) -> Outcome | None:
        """Clear, or count."""
        known = memory if memory is not None else ClearedState(None)
        what, about = wanted
        if what == "clear":
            return self._cleared(known, about, arrival)
        key: Key = about[0]
        if self._inner is None or arrival.at <= max(known.marks.get(key_text(key), -1), known.marks.get(_ALL, -1)):
            return None
        outcome = self._inner.step(known.inner, about, arrival)
        if outcome is None:
            return None
        inner: Any = outcome.memory
        outcome.memory = ClearedState(inner, known.marks)
        outcome.until = max(outcome.until, self._marks_until(known.marks))
        return outcome

    def _cleared(self, known: ClearedState, key: Key, arrival: Arrival) -> Outcome | None:
        name, at, table = _ALL if self._of_all else key_text(key), arrival.at, arrival.table
        if at <= known.marks.get(name, -1):
            return None
        inner = known.inner
        keep = [not self._is_cleared(inner, place, key, at, table) for place in range(len(inner.refs) if inner else 0)]
        marks = {one: when for one, when in known.marks.items() if when + self._remember_ms > at}
        overflow = 0
        if self._remember_ms:
            marks[name] = at
            if len(marks) > MAX_MARKS:
                del marks[min(marks, key=marks.__getitem__)]
                overflow = 1
        if inner is None or all(keep):
            if not marks and inner is None:
                return None
            return Outcome(ClearedState(inner, marks), self._until(inner, marks, table), overflow=overflow)
        released = [ref for ref, stays in zip(inner.refs, keep, strict=True) if not stays]
        after = msgspec.structs.replace(
            inner, refs=_kept(inner.refs, keep), keys=_kept(inner.keys, keep), values=_kept(inner.values, keep)
        )
        left = after if after.refs else None
        state = ClearedState(left, marks) if left is not None or marks else None
        return Outcome(state, self._until(left, marks, table), released=released, overflow=overflow)

    def _is_cleared(self, inner: Any, place: int, key: Key, at: int, table: Table) -> bool:
        if table[inner.refs[place]].occurred_at > at:
            return False
        return self._of_all or not inner.keys or inner.keys[place] == key

    def _until(self, inner: Any, marks: dict[str, int], table: Table) -> int:
        """As long as the inner one's entries may count; a clearing touchpoint does not shorten it."""
        newest = table[inner.refs[-1]].occurred_at if inner is not None else 0
        return max(newest + self._keep_ms if inner is not None else 0, self._marks_until(marks))

    def _marks_until(self, marks: dict[str, int]) -> int:
        return max(marks.values(), default=0) + self._remember_ms


def _kept(items: list[Any], keep: list[bool]) -> list[Any]:
    return [item for item, stays in zip(items, keep, strict=True) if stays] if items else items
