"""A condition together with how its touchpoint must relate to the opening one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.detection.conditions import Condition
from streams.detection.fields import Field, Key


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition on a touchpoint that belongs to a match that has begun.

    ``same``: fields whose values must equal the opening's; None means the rule's ``by``, without
    those in ``other``. ``other``: fields whose values must not; a touchpoint without a value there
    is not the opening's, so it counts as other. Both take from the rule's ``by``.
    """

    condition: Condition
    same: tuple[Field, ...] | None = None
    other: tuple[Field, ...] = ()

    def bound(self, touchpoint_type: str | None, by: tuple[Field, ...]) -> BoundClause | None:
        """For one touchpoint type (None: any that no rule names); None when it can never hold there."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        same = self.same if self.same is not None else tuple(field for field in by if field not in self.other)
        return BoundClause(
            None if condition is True else condition.check(),
            tuple(by.index(field) for field in same),
            tuple(by.index(field) for field in self.other),
        )


class BoundClause:
    """``Clause`` for one touchpoint type."""

    __slots__ = ("_check", "_other", "_same")

    def __init__(self, check: Any, same: tuple[int, ...], other: tuple[int, ...]) -> None:
        self._check = check
        self._same = same
        self._other = other

    @property
    def is_bare(self) -> bool:
        """Whether it holds for every touchpoint of its type."""
        return self._check is None and not self._same and not self._other

    @property
    def asks_same(self) -> bool:
        """Whether it asks for a value that equals the opening's."""
        return bool(self._same)

    def holds(self, touchpoint: Mapping[str, Any], key: Key, opening: Key) -> bool:
        """True when the touchpoint, whose correlation is ``key``, meets it."""
        for place in self._same:
            if key[place] is None or key[place] != opening[place]:
                return False
        for place in self._other:
            if key[place] == opening[place]:
                return False
        return self._check is None or bool(self._check(touchpoint))
