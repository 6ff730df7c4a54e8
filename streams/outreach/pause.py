"""The kill switch: all outreach, or one action, stopped from one record of the log on.

A pause is an activation of kind ``pause`` in every partition. Its text is JSON (and so YAML); who
threw the switch, when and why come from the command line, so that a replay decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

ALL = "*"
"""The switch of all outreach; the others are named by their action."""

LONGEST_REASON = 500
"""Most characters of a reason."""


class BadPause(ValueError):
    """The text of a pause that cannot be used."""


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """One position of one switch.

    Attributes:
        id: ``*`` for all outreach, or an action's id.
        paused: False lifts it.
        reason: in the words of whoever threw it.
        by: who that was.
        at: when, ms UTC, by that machine's clock.
    """

    id: str
    version: int = 1
    paused: bool
    reason: str = ""
    by: str = ""
    at: int = 0

    def text(self) -> str:
        """As it stands in the activation."""
        return msgspec.json.format(msgspec.json.encode(self)).decode()


Pauses = Mapping[str, Pause]
"""The switches that are thrown now, by id."""

NO_PAUSES: Pauses = {}


def parse_pause(text: str, label: str) -> Pause:
    """The pause of an activation's text.

    Args:
        text: as :meth:`Pause.text` writes it; fields that are not known are passed over.
        label: how messages name it.

    Raises:
        BadPause: not such a text.
    """
    try:
        return msgspec.json.decode(text, type=Pause)
    except msgspec.DecodeError as error:
        raise BadPause(f"{label}: {error}; throw the switch with `momentous outreach`") from error
