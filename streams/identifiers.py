"""Deterministic ids: the same facts give the same id in a replay."""

from __future__ import annotations

import hashlib

import msgspec

_encode = msgspec.json.Encoder().encode


def digest_id(*facts: str | int) -> str:
    """The first 128 bits of SHA-256 over ``facts`` as a JSON array, in hex."""
    return hashlib.sha256(_encode(facts)).hexdigest()[:32]


def text_digest(text: str) -> str:
    """SHA-256 of a definition's text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
