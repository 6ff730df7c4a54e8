"""The records that are no customer's: they set a partition's time, clock and definitions. Pure."""

from __future__ import annotations

from schemas import Activation, Control, Headers, headers
from streams.identifiers import text_digest
from streams.outreach import Pause

SOURCE = "momentous/publisher"


def history_clock(start: int, end: int) -> Control:
    """From here on the clock is that of the touchpoints themselves, from ``start`` to ``end``, ms UTC."""
    return {"kind": "clock", "at": None, "clock": {"mode": "event", "from": start, "to": end}, "activation": None}


def live_clock() -> Control:
    """From here on the clock is the broker's append time."""
    return {"kind": "clock", "at": None, "clock": {"mode": "live", "from": None, "to": None}, "activation": None}


def tick(at: int) -> Control:
    """The clock reaches ``at``, ms UTC; everything due by then fires."""
    return {"kind": "tick", "at": at, "clock": None, "activation": None}


PUBLISH, ACTIVATE, SHADOW, RETIRE, ROLL_BACK = "publish", "activate", "shadow", "retire", "roll_back"
"""What becomes of a definition: it is kept; it runs; it runs and contacts nobody; none of it runs; it runs again."""


def activation(kind: str, definition_id: str, version: int, text: str, change: str = ACTIVATE) -> Control:
    """A definition of that ``kind``, with its full text: it is active from here on, or what ``change`` says."""
    made: Activation = {
        "kind": kind,
        "id": definition_id,
        "version": version,
        "text": text,
        "digest": text_digest(text),
        "change": change,
    }
    return {"kind": "activation", "at": None, "clock": None, "activation": made}


def throw_switch(pause: Pause) -> Control:
    """Outreach, or one action, is paused or goes on from here."""
    return activation("pause", pause.id, pause.version, pause.text())


def control_headers(control: Control, time_ms: int) -> Headers:
    """CloudEvents headers of a control.

    Args:
        control: what is sent.
        time_ms: when it is sent, ms UTC; a tick's own time is preferred.
    """
    kind = control["kind"]
    name = f"{kind}-{time_ms}"
    if control["at"] is not None:
        name, time_ms = f"tick-{control['at']}", control["at"]
    if (made := control["activation"]) is not None:
        name = f"{made['kind']}-{made['id']}-{made['version']}-{made['digest']}"
        if made["change"] != ACTIVATE:
            name = f"{made['change']}-{name}"
    return headers(f"momentous.control.{kind}", name, SOURCE, time_ms)
