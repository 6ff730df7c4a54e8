"""Control groups: who is left without contact so that its effect can be told."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from streams.outreach.policy import Holdout

_BYTES = 8
_WHOLE = 1 << (8 * _BYTES)


def is_held_out(holdout: Holdout, customer_id: str, action: str = "") -> bool:
    """Whether the customer is in the control group, the same for as long as the salt stays.

    The first 64 bits of SHA-256 over salt, customer and action, as a share of all, against the percent.

    Args:
        holdout: size and salt of the group.
        customer_id: whose.
        action: of an action's own group its id; empty: of the global one.
    """
    return _drawn(holdout.salt, customer_id, action) * 100 < holdout.percent * _WHOLE


@lru_cache(16_384)
def _drawn(salt: str, customer_id: str, action: str) -> int:
    """Remembered, since whom something happens to is asked about again soon."""
    return int.from_bytes(sha256(f"{salt}\0{customer_id}\0{action}".encode()).digest()[:_BYTES], "big")
