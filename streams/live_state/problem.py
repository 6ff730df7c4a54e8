"""Answers that say what is wrong and what to do."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from streams.live_state.http import Answer

_encode = msgspec.json.Encoder().encode


class Problem(msgspec.Struct, kw_only=True):
    """Every answer that is no answer."""

    error: str
    remedy: str


def problem(status: HTTPStatus, error: str, remedy: str, *headers: tuple[str, str]) -> Answer:
    """An answer of that status."""
    return Answer(status, _encode(Problem(error=error, remedy=remedy)), headers)
