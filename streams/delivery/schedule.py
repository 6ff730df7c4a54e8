"""When a failed delivery is tried again. Pure."""

from __future__ import annotations

import hashlib

STANDARD_RETRIES_MS = (
    5_000,
    5 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    5 * 3_600_000,
    10 * 3_600_000,
    14 * 3_600_000,
    20 * 3_600_000,
    24 * 3_600_000,
)
"""Waits between attempts as Standard Webhooks suggests them, after a first attempt at once."""

JITTER = 0.2
"""A wait is longer by up to this share, so that what failed together does not return together."""

LONGEST_RETRY_AFTER_MS = 24 * 3_600_000


def wait_ms(retries: tuple[int, ...], attempt: int, message_id: str, retry_after_ms: int | None = None) -> int | None:
    """Milliseconds to wait after a failed attempt; None: it was the last.

    The jitter follows from the id and the attempt, so that a restart or a test finds the same wait.

    Args:
        retries: waits after attempts 1, 2, …
        attempt: the one that failed, from 1.
        message_id: of the message.
        retry_after_ms: what the endpoint asked for; the wait is at least that, up to a day.
    """
    if attempt > len(retries):
        return None
    digest = hashlib.sha256(f"{message_id}.{attempt}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    wait = round(retries[attempt - 1] * (1 + JITTER * share))
    return max(wait, min(retry_after_ms or 0, LONGEST_RETRY_AFTER_MS))
