"""Who may ask: bearer keys with scopes, kept as hashes in a file that is read again when it changes.

A key is 256 random bits, so a plain SHA-256 of it is as good as the key is; it appears nowhere but
in the Authorization header of whoever holds it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import structlog
from msgspec import Meta

from streams.detection.reader import did_you_mean
from streams.errors import MomentousError
from streams.vocabulary.channels import CHANNELS

log = structlog.get_logger("live_state")

STATE, PROFILE, DECISIONS = "state:read", "profile:read", "decisions:read"
SCOPES = (STATE, PROFILE, DECISIONS)
Scope = Literal["state:read", "profile:read", "decisions:read"]

_PREFIX = "mk_"
_VALUE = re.compile(r"value '.*'", re.DOTALL)
"""How the reader repeats a value that is none of a list: it may be a key in the wrong place."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LOOK_EVERY_S = 1.0
_LONGEST_HEADER = 200


class BadKeys(MomentousError):
    """A file of keys that cannot be used."""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one key may do.

    Attributes:
        sha256: of the key, hex.
        scopes: what it opens.
        channels: it sees what belongs to these channels only; None: all.
        per_second: requests a second that one worker answers it; as many may come at once.
    """

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)]
    channels: tuple[str, ...] | None = None
    per_second: Annotated[int, Meta(ge=1, le=1_000_000)] = 500


class _File(msgspec.Struct, forbid_unknown_fields=True):
    keys: dict[str, Key] = {}


def new_key() -> tuple[str, str]:
    """A fresh key and the hash of it that goes into the file."""
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, digest(key)


def key_entry(name: str, hashed: str, scopes: Sequence[str], channels: Sequence[str] | None, per_second: int) -> str:
    """A key's entry for the file, TOML.

    Raises:
        BadKeys: a name that cannot stand there, a scope or a channel that is none.
    """
    if _NAME.fullmatch(name) is None:
        raise BadKeys(
            f"{name!r} is no name of a key", "write lower-case letters, digits and dashes, like agent-desktop"
        )
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise BadKeys(f"{unknown[0]!r} is no scope", f"one of {', '.join(SCOPES)}")
    if unheard := [channel for channel in channels or () if channel not in CHANNELS]:
        raise BadKeys(f"there is no channel {unheard[0]!r}", did_you_mean(unheard[0], CHANNELS))
    lines = [f"[keys.{name}]", f'sha256 = "{hashed}"', f"scopes = {_listed(scopes)}"]
    if channels:
        lines.append(f"channels = {_listed(channels)}")
    return "\n".join([*lines, f"per_second = {per_second}"])


def _listed(words: Sequence[str]) -> str:
    return msgspec.json.encode(list(words)).decode()


def digest(key: str) -> str:
    """SHA-256 of a key, hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> dict[str, Key]:
    """The keys of a file, by name.

    Raises:
        BadKeys: it cannot be read, or is no such file; the message repeats no value of it.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadKeys(f"{path}: cannot be read ({error.strerror})", "check the path and its rights") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadKeys(f"{path}: not TOML ({_place(error)})", "write what `momentous state key` printed") from error
    try:
        return msgspec.convert(values, _File).keys
    except msgspec.ValidationError as error:
        raise BadKeys(
            f"{path}: {_VALUE.sub('value', str(error))}",
            f"a key has sha256, scopes (of {', '.join(SCOPES)}), and perhaps channels and per_second",
        ) from error


class Keyring:
    """The keys that hold now.

    A file that has become unusable changes nothing, lest a slip locks everybody out; it is told as an error.

    Raises:
        BadKeys: at the start only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._keys = read_keys(path)
        if not self._keys:
            log.warning("nobody may ask for live state: the file has no key", add="`momentous state key NAME`")
        self._looked_at = float("-inf")
        self._buckets: dict[str, _Bucket] = {}

    def key_of(self, authorization: str | None, now: float) -> tuple[str, Key] | None:
        """Name and rights of the key in an Authorization header, or None.

        Every known hash is compared, each in constant time, so that the time tells nothing.

        Args:
            authorization: the header's value.
            now: seconds of a monotonic clock.
        """
        self._look(now)
        scheme, _, presented = (authorization or "")[:_LONGEST_HEADER].partition(" ")
        hashed = digest(presented.strip())
        found = None
        for name, key in self._keys.items():
            if hmac.compare_digest(key.sha256, hashed):
                found = name, key
        return found if scheme.lower() == "bearer" else None

    def wait_s(self, name: str, key: Key, now: float) -> float:
        """0 when the key may ask now (which counts); otherwise how long it should wait, seconds."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.per_second != key.per_second:
            bucket = self._buckets[name] = _Bucket(key.per_second, now)
        return bucket.take(now)

    def _look(self, now: float) -> None:
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path)
        except BadKeys as error:
            log.error("keys file cannot be used, the keys of before still hold", problem=error.problem)
        else:
            tell = log.info if self._keys else log.warning
            tell("keys read again" if self._keys else "keys file has no key left, nobody may ask", keys=len(self._keys))


class _Bucket:
    """A token bucket: ``per_second`` tokens a second, at most one second's worth."""

    __slots__ = ("_at", "_tokens", "per_second")

    def __init__(self, per_second: int, now: float) -> None:
        self.per_second = per_second
        self._tokens = float(per_second)
        self._at = now

    def take(self, now: float) -> float:
        self._tokens = min(float(self.per_second), self._tokens + (now - self._at) * self.per_second)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.per_second


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _place(error: Exception) -> str:
    """Where a TOML error is, without the text around it."""
    return str(error).rpartition("(")[2].rstrip(")") if "(" in str(error) else type(error).__name__
