"""What was saved here a moment ago, until it has come all the way round. Pure."""

from __future__ import annotations

from collections import OrderedDict

from streams.preferences.known import Known

KEPT_MS = 600_000
MOST = 10_000


class Recent:
    """Remembers per customer what was just published, so that the page shows what one has saved.

    It is laid over what is read, the newer word winning, exactly as the worker does it: once the
    store has caught up it changes nothing.
    """

    def __init__(self, most: int = MOST) -> None:
        self._said: OrderedDict[str, tuple[int, Known]] = OrderedDict()
        self._most = most

    def note(self, customer_id: str, said: Known, now: int) -> None:
        """Remember what was published at ``now`` (ms UTC)."""
        _, before = self._said.pop(customer_id, (0, Known()))
        self._said[customer_id] = (now, before.with_later(said))
        while len(self._said) > self._most:
            self._said.popitem(last=False)

    def over(self, customer_id: str, known: Known, now: int) -> Known:
        """``known``, and what was published here in the last minutes."""
        at, said = self._said.get(customer_id, (0, None))
        return known if said is None or now - at > KEPT_MS else known.with_later(said)
