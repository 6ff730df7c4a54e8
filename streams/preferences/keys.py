"""The keys that sign links: the first signs, every one verifies, so that a key can be changed without a gap."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.preferences.errors import BadKeys

LEAST_SECRET_BYTES = 32
"""As long as the digest: a shorter key would be the weakest part."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_REMEDY = "make one with `momentous preferences key` and set MOMENTOUS_PREFERENCES_KEYS=id:secret[,older-id:secret]"


@dataclass(frozen=True, slots=True)
class Key:
    """One secret under its id, and the keys drawn from it, one for each use."""

    id: str
    secret: bytes = field(repr=False)

    def derived(self, use: str) -> bytes:
        """A key for one use alone: what leaks of one says nothing of another."""
        return hmac.digest(self.secret, f"momentous preferences {use}".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in use, the signing one first."""

    keys: tuple[Key, ...]

    @property
    def signing(self) -> Key:
        """The key that signs new links."""
        return self.keys[0]

    def get(self, key_id: str) -> Key | None:
        """The key of that id, unless it was taken out."""
        return next((key for key in self.keys if key.id == key_id), None)


def read_keys(text: str) -> KeyRing:
    """The keys of ``preferences_keys``: ``id:secret``, comma separated, secrets in base64url.

    Raises:
        BadKeys: none, an id twice, or a secret that is too short; the message never shows a secret.
    """
    keys = tuple(_key(part.strip(), number) for number, part in enumerate(_parts(text), 1))
    if not keys:
        raise BadKeys("no key to sign links with is set", _REMEDY)
    ids = [key.id for key in keys]
    if len(set(ids)) < len(ids):
        raise BadKeys(f"preferences_keys has an id twice ({', '.join(ids)})", "give each key an id of its own")
    return KeyRing(keys)


def new_key(key_id: str) -> str:
    """A new key as ``preferences_keys`` takes it.

    Raises:
        BadKeys: the id cannot be one.
    """
    if not _ID.fullmatch(key_id):
        raise BadKeys(f"{key_id!r} cannot be a key's id", "take 1 to 16 letters, digits, - and _")
    return f"{key_id}:{base64.urlsafe_b64encode(secrets.token_bytes(LEAST_SECRET_BYTES)).decode().rstrip('=')}"


def _parts(text: str) -> Iterable[str]:
    return (part for part in text.split(",") if part.strip())


def _key(text: str, number: int) -> Key:
    key_id, colon, encoded = text.partition(":")
    if not colon or not _ID.fullmatch(key_id):
        raise BadKeys(f"key {number} of preferences_keys is not id:secret", _REMEDY)
    try:
        secret = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKeys(f"the secret of key {key_id} in preferences_keys is not base64url", _REMEDY) from error
    if len(secret) < LEAST_SECRET_BYTES:
        problem = f"the secret of key {key_id} in preferences_keys has {len(secret)} bytes, fewer than "
        raise BadKeys(f"{problem}{LEAST_SECRET_BYTES}", _REMEDY)
    return Key(key_id, secret)
