"""Signals that end this process, remembered.

The handler raises KeyboardInterrupt, but that may strike inside a C extension which replaces it
with an error of its own (confluent_kafka and fastavro do: a TypeError about their arguments). So
the signal is remembered too: whoever ends the process asks :func:`exit_code` before believing the
error, and long loops call :func:`check` in case the interrupt got lost.
"""

from __future__ import annotations

import signal
from typing import NoReturn

_received: list[int] = []


def arm(*numbers: signal.Signals) -> None:
    """From here on these signals interrupt the main thread."""
    for number in numbers:
        signal.signal(number, _interrupt)


def exit_code() -> int | None:
    """The exit code by which a shell knows the first signal that came, if one did."""
    return 128 + _received[0] if _received else None


def check() -> None:
    """Raise KeyboardInterrupt if a signal came."""
    if _received:
        raise KeyboardInterrupt


def _interrupt(number: int, frame: object) -> NoReturn:
    _received.append(number)
    raise KeyboardInterrupt
