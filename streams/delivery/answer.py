"""What became of one attempt, whatever carried it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What an attempt came to."""

    TAKEN = "taken"
    """The endpoint has it."""
    FAILED = "failed"
    """It has not, and may have it later."""
    REFUSED = "refused"
    """It never will: the address does not exist, the message is not wanted."""
    GONE = "gone"
    """The endpoint wants nothing any more."""


class Answer(NamedTuple):
    """One attempt's outcome.

    Attributes:
        verdict: what it came to.
        code: a machine's word for it, like ``HTTP_503``; never personal.
        retry_after_ms: the endpoint asked to be left alone for so long.
        counts: as a failure of the endpoint itself and not of this message.
        is_full: the endpoint has no room now.
        reference: the endpoint's own name for the message.
    """

    verdict: Verdict
    code: str
    retry_after_ms: int | None = None
    counts: bool = True
    is_full: bool = False
    reference: str | None = None


_OURS_TO_MEND = frozenset({400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 414, 415, 422})


def http_answer(status: int, retry_after: str | None, now_ms: int) -> Answer:
    """The answer that an HTTP status is, as Standard Webhooks reads it: only 2xx is success.

    Redirects are failures, since following one would call an address that nobody judged.
    """
    code = f"HTTP_{status}"
    if 200 <= status < 300:
        return Answer(Verdict.TAKEN, code)
    if status == 410:
        return Answer(Verdict.GONE, code)
    wait = retry_after_ms(retry_after, now_ms)
    return Answer(Verdict.FAILED, code, wait, counts=status not in _OURS_TO_MEND | {429}, is_full=status == 429)


def retry_after_ms(text: str | None, now_ms: int) -> int | None:
    """Milliseconds of a ``Retry-After`` header, seconds or a date; None where it says nothing readable."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * 1000
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0, round((until - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds() * 1000))
