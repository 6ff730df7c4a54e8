"""What workers and loaders say of themselves, where their addresses are given."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import msgspec

_ANSWER_S = 5.0


class Endpoint(msgspec.Struct, kw_only=True):
    """The health that one process tells; ``ok`` is None when it did not answer."""

    url: str
    ok: bool | None
    ready: bool | None = None
    reasons: list[str]


def ask(url: str) -> Endpoint:
    """The /health of the process at ``url`` (``http://host:port``)."""
    address = url.rstrip("/").removesuffix("/health") + "/health"
    if not address.startswith(("http://", "https://")):
        return Endpoint(url=url, ok=None, reasons=["not an http:// or https:// address"])
    try:
        with urllib.request.urlopen(address, timeout=_ANSWER_S) as answer:
            return _endpoint(url, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _endpoint(url, error.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Endpoint(url=url, ok=None, reasons=[f"no answer: {reason}"])


def _endpoint(url: str, body: bytes) -> Endpoint:
    try:
        told: Any = json.loads(body)
        return Endpoint(url=url, ok=bool(told["ok"]), ready=bool(told["ready"]), reasons=[*map(str, told["reasons"])])
    except (ValueError, KeyError, TypeError):
        return Endpoint(url=url, ok=None, reasons=["what answers there is no worker or loader of ours"])
