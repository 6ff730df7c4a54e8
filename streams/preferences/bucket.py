"""How often one may knock: token buckets by name, a bounded number of them. Pure."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil


class Buckets:
    """Lets ``burst`` calls through at once and ``per_second`` in the long run, for each name apart.

    Of more than ``most`` names the one longest unheard of is forgotten, which can only let it
    through sooner: memory stays bounded whoever calls.
    """

    def __init__(self, burst: int, per_second: float, most: int = 100_000) -> None:
        self._burst, self._per_second, self._most = burst, per_second, most
        self._levels: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, name: str, now: int) -> int:
        """One call by ``name`` at ``now`` (ms UTC).

        Returns:
            0 when it may pass, else in how many seconds it may.
        """
        level, since = self._levels.pop(name, (float(self._burst), now))
        level = min(self._burst, level + max(0, now - since) / 1000 * self._per_second)
        passes = level >= 1
        self._levels[name] = (level - 1 if passes else level, max(now, since))
        while len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return 0 if passes else ceil((1 - level) / self._per_second)
