"""Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over ``id.timestamp.body``. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from streams.delivery.errors import BadSignature

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"

TOLERANCE_S = 300
"""A message whose timestamp is further away than this, in seconds, is refused: it may be a replay."""

PREFIX = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64
_DIGITS = re.compile(r"[0-9]{1,12}")


class Secret:
    """A signing secret, written ``whsec_`` and base64 of 24 to 64 random bytes.

    Raises:
        ValueError: any other text; the message does not repeat it.
    """

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        if not text.startswith(PREFIX):
            raise ValueError(f"does not begin with {PREFIX}")
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"is not base64 after {PREFIX}") from None
        if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
            raise ValueError(f"holds {len(key)} bytes, and {_LEAST_BYTES} to {_MOST_BYTES} are wanted")
        self._key = key

    def __repr__(self) -> str:
        return "Secret(...)"

    def signature(self, message_id: str, timestamp_s: int, body: bytes) -> str:
        """``v1,`` and the signature in base64."""
        signed = b"%b.%d.%b" % (message_id.encode(), timestamp_s, body)
        return "v1," + base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()


def signed_headers(secrets: Sequence[Secret], message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message.

    Args:
        secrets: the present one, and while it is rotated the old one too: each signs.
        message_id: the same for every attempt.
        timestamp_s: of this attempt, seconds UTC.
        body: the exact bytes that are sent.
    """
    signatures = " ".join(secret.signature(message_id, timestamp_s, body) for secret in secrets)
    return {ID: message_id, TIMESTAMP: str(timestamp_s), SIGNATURE: signatures}


def verify(
    secrets: Sequence[Secret], headers: Mapping[str, str], body: bytes, now_s: float, tolerance_s: int = TOLERANCE_S
) -> str:
    """The id of a message that one of ``secrets`` signed lately.

    Args:
        secrets: those that are valid now.
        headers: names in lower case.
        body: the exact bytes that came.
        now_s: seconds UTC.

    Raises:
        BadSignature: a header is missing, no signature fits, or the timestamp is too far from ``now_s``.
    """
    try:
        message_id, stamp, given = headers[ID], headers[TIMESTAMP], headers[SIGNATURE]
    except KeyError as missing:
        raise BadSignature(f"no header {missing.args[0]}") from None
    if _DIGITS.fullmatch(stamp) is None:
        raise BadSignature("the timestamp is no whole number of seconds")
    timestamp_s = int(stamp)
    if abs(now_s - timestamp_s) > tolerance_s:
        raise BadSignature(f"the timestamp is more than {tolerance_s} s away")
    wanted = [secret.signature(message_id, timestamp_s, body).encode() for secret in secrets]
    # Every pair is compared, so that the time taken tells nothing.
    hits = [hmac.compare_digest(one, other.encode()) for one in wanted for other in given.split(" ")]
    if not any(hits):
        raise BadSignature("no signature fits")
    return message_id
