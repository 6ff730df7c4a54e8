"""A type of touchpoint: what happened, where it is met, and which properties say more about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TouchpointType:
    """What a type means.

    Attributes:
        name: ``family.event``.
        description: a sentence.
        channels: where it is met; empty: everywhere.
        required: properties without which it says too little.
        one_of: of these at least one is required.
        optional: properties that it may carry, besides those of every type.
        needs: fields of the record that must be filled (``correlation_id``, ``session_id``).
        within: a number, and the properties that hold its least and its greatest value.
        is_open: its properties may have any name.
    """

    name: str
    description: str
    channels: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    within: tuple[tuple[str, str, str], ...] = ()
    is_open: bool = False

    @property
    def family(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]

    @property
    def properties(self) -> tuple[str, ...]:
        """All its own properties, each once."""
        return tuple(dict.fromkeys((*self.required, *self.one_of, *self.optional)))
