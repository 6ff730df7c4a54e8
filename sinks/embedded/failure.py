"""A statement that failed, as a ClickHouse server reports it: code, name, message, HTTP status."""

from __future__ import annotations

import re
from typing import Self

_MESSAGE = re.compile(r"(?:Code: (?P<code>\d+)\. DB::Exception: )+(?P<text>.*)", re.DOTALL)
_NAME = re.compile(r" \((?P<name>[A-Z0-9_]+)\)(?: \(version [^)]*\))?\.?\s*$")

_BAD_REQUEST = {
    6,
    8,
    15,
    25,
    26,
    27,
    36,
    37,
    38,
    41,
    44,
    53,
    62,
    72,
    117,
    123,
    167,
    168,
    223,
    321,
    376,
    427,
    441,
    675,
    676,
}
_NOT_FOUND = {46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511}
_STATUS = {
    **dict.fromkeys(_BAD_REQUEST, 400),
    194: 401,
    **dict.fromkeys({192, 193, 497, 512, 516}, 403),
    **dict.fromkeys(_NOT_FOUND, 404),
    159: 408,
    229: 413,
    779: 415,
    48: 501,
    **dict.fromkeys({76, 209, 439}, 503),
}


class QueryFailed(Exception):
    """A statement that did not run, or not to its end.

    Attributes:
        code: ClickHouse's error code, e.g. 60.
        name: its name, e.g. ``UNKNOWN_TABLE``.
        text: what went wrong, in ClickHouse's words where the engine said it.
    """

    def __init__(self, code: int, name: str, text: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {text} ({name})")
        self.code = code
        self.name = name
        self.text = text

    @classmethod
    def from_engine(cls, message: str) -> Self:
        """From the engine's own message, which may name the code twice and the version at its end."""
        found = _MESSAGE.search(message)
        if found is None:
            return cls(1002, "UNKNOWN_EXCEPTION", message.strip())
        text = found["text"].strip()
        name = ""
        while ending := _NAME.search(text):
            name = ending["name"]
            text = text[: ending.start()]
        return cls(int(found["code"]), name or "UNKNOWN_EXCEPTION", text)

    @property
    def status(self) -> int:
        """The HTTP status that a server answers with."""
        return _STATUS.get(self.code, 500)
