"""HTTP sessions: what SET and USE said is still true in the session's next request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sinks.embedded.failure import QueryFailed
from sinks.embedded.statement import Statement

DEFAULT_TIMEOUT_SECONDS = 60
MAX_TIMEOUT_SECONDS = 3600
_MOST_STATEMENTS = 1000


@dataclass(slots=True)
class Session:
    """One session; ``setup`` is run before each of its statements."""

    setup: list[bytes] = field(default_factory=list)
    expires_at: float = 0.0

    def note(self, statement: Statement) -> None:
        """Remember a statement that was carried out, if later ones must know of it."""
        if statement.kind in ("SET", "USE"):
            self.setup.append(statement.text)
            del self.setup[:-_MOST_STATEMENTS]


class Sessions:
    """Live sessions by id.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._live: dict[str, Session] = {}

    def get(self, session_id: str, timeout: str = "", check: bool = False) -> Session:
        """The session of that id, made if missing; a request without an id gets one of its own.

        Args:
            session_id: the client's; empty means none.
            timeout: seconds the session outlives this request; empty means 60.
            check: it must exist already.

        Raises:
            QueryFailed: it must exist and does not, or the timeout is unusable.
        """
        if not session_id:
            return Session()
        seconds = _seconds(timeout)
        now = self._clock()
        for stale in [name for name, session in self._live.items() if session.expires_at <= now]:
            del self._live[stale]
        if check and session_id not in self._live:
            raise QueryFailed(372, "SESSION_NOT_FOUND", f"Session {session_id} not found")
        session = self._live.setdefault(session_id, Session())
        session.expires_at = now + seconds
        return session


def _seconds(timeout: str) -> int:
    if not timeout:
        return DEFAULT_TIMEOUT_SECONDS
    if not timeout.isdecimal() or int(timeout) > MAX_TIMEOUT_SECONDS:
        raise QueryFailed(
            374, "INVALID_SESSION_TIMEOUT", f"session_timeout {timeout} is not 0 to {MAX_TIMEOUT_SECONDS}"
        )
    return int(timeout)
