"""Signed links: who may change whose preferences, and until when.

A token is ``base64url(version, key id, tag, sealed)``. The tag is HMAC-SHA256 over all the rest,
cut to 128 bits; it is also the starting value of the key stream (HMAC-SHA256 in counter mode) under
which the content is sealed. That is the SIV construction (Rogaway and Shrimpton, "Deterministic
Authenticated-Encryption", 2006) over a pseudo-random function that the standard library has. So
nothing can be read from a link, not even the customer's id, and the same facts make the same link.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from streams.preferences.errors import BadLink
from streams.preferences.keys import Key, KeyRing

PREFERENCES, UNSUBSCRIBE = "preferences", "unsubscribe"
"""What a link opens: the page, or one consent's withdrawal."""

DAY_MS = 86_400_000
PREFERENCES_DAYS = 30
UNSUBSCRIBE_DAYS = 400
"""How long links live: an old mail must still be good for saying no."""

LONGEST_TOKEN = 1000
"""Most characters of a token."""

_VERSION = 1
_TAG_BYTES = 16
_NO_LINK = "this is no link of ours"


class Grant(msgspec.Struct, array_like=True, frozen=True):
    """What a link says.

    Attributes:
        kind: ``preferences`` or ``unsubscribe``.
        customer_id: whose.
        expires_at: ms UTC; from then on the link is of no use.
        purpose, channel: of an unsubscribe link, the consent that it takes back.
        trigger_id: of an unsubscribe link, the outreach that it came with; empty: none.
    """

    kind: str
    customer_id: str
    expires_at: int
    purpose: str = ""
    channel: str = ""
    trigger_id: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads tokens.

    Args:
        keys: the first signs.
        url: where customers reach the page, without a slash at the end.
    """

    keys: KeyRing
    url: str = ""

    @property
    def path(self) -> str:
        """The path below which the pages lie, as customers see it."""
        return urlsplit(self.url).path

    def preferences(self, customer_id: str, now: int, days: int = PREFERENCES_DAYS) -> str:
        """The address of a customer's page; ``now`` in ms UTC."""
        return f"{self.url}/preferences/{self.token(Grant(PREFERENCES, customer_id, now + days * DAY_MS))}"

    def unsubscribe(self, customer_id: str, purpose: str, channel: str, now: int, trigger_id: str = "") -> str:
        """The address that takes one consent back with one POST (RFC 8058), for ``List-Unsubscribe``.

        Args:
            purpose: of the consent.
            channel: of the consent.
            now: ms UTC.
            trigger_id: the outreach that carries the link.
        """
        grant = Grant(UNSUBSCRIBE, customer_id, now + UNSUBSCRIBE_DAYS * DAY_MS, purpose, channel, trigger_id)
        return f"{self.url}/unsubscribe/{self.token(grant)}"

    def token(self, grant: Grant) -> str:
        """The signed token of a grant."""
        key = self.keys.signing
        head = bytes((_VERSION, len(key.id))) + key.id.encode()
        content = msgspec.msgpack.encode(grant)
        tag = _tag(key, head, content)
        return base64.urlsafe_b64encode(head + tag + _sealed(key, tag, content)).decode().rstrip("=")

    def read(self, token: str, kind: str, now: int) -> Grant:
        """What a token grants.

        Args:
            kind: the only kind that will do here.
            now: ms UTC.

        Raises:
            BadLink: not ours, changed, of another kind, or run out.
        """
        head, key, tag, sealed = self._opened(token)
        content = _sealed(key, tag, sealed)
        if not hmac.compare_digest(tag, _tag(key, head, content)):
            raise BadLink(_NO_LINK)
        grant = msgspec.msgpack.decode(content, type=Grant)
        if grant.kind != kind:
            raise BadLink(_NO_LINK)
        if now >= grant.expires_at:
            raise BadLink("this link has run out", expired=True)
        return grant

    def form_seal(self, token: str, seen: str) -> str:
        """Proves that a form was made here, behind this link, and which state it showed."""
        return _form_seal(self.keys.signing, token, seen)

    def is_form_seal(self, seal: str, token: str, seen: str) -> bool:
        """Whether it is one, by any key: a key may be changed while a form is open."""
        claimed = seal.encode()
        return any(hmac.compare_digest(claimed, _form_seal(key, token, seen).encode()) for key in self.keys.keys)

    def _opened(self, token: str) -> tuple[bytes, Key, bytes, bytes]:
        raw = _decoded(token)
        if len(raw) < 2 or raw[0] != _VERSION:
            raise BadLink(_NO_LINK)
        head, rest = raw[: 2 + raw[1]], raw[2 + raw[1] :]
        key = self.keys.get(head[2:].decode("ascii", "replace"))
        if key is None or len(rest) <= _TAG_BYTES:
            raise BadLink(_NO_LINK)
        return head, key, rest[:_TAG_BYTES], rest[_TAG_BYTES:]


def _decoded(token: str) -> bytes:
    if len(token) > LONGEST_TOKEN:
        raise BadLink(_NO_LINK)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadLink(_NO_LINK) from error
    # One spelling only: the last character has bits that decoding would overlook.
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        raise BadLink(_NO_LINK)
    return raw


def _form_seal(key: Key, token: str, seen: str) -> str:
    return hmac.digest(key.derived("form"), f"{token}\0{seen}".encode(), "sha256").hex()


def _tag(key: Key, head: bytes, content: bytes) -> bytes:
    return hmac.digest(key.derived("tag"), head + content, "sha256")[:_TAG_BYTES]


def _sealed(key: Key, tag: bytes, content: bytes) -> bytes:
    """Seal or open: the key stream of ``tag``, laid over ``content``."""
    secret = key.derived("seal")
    blocks = range((len(content) + 31) // 32)
    stream = b"".join(hmac.digest(secret, tag + block.to_bytes(4, "big"), "sha256") for block in blocks)
    return bytes(left ^ right for left, right in zip(content, stream, strict=False))
