"""What a file's reader could not use."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streams.errors import MomentousError

_GZIP_MAGIC = b"\x1f\x8b"


class FileProblem(MomentousError):
    """A file that cannot be read at all, or is not what it was said to be."""


class Refusal(NamedTuple):
    """One row that was not used; ``row`` is its line in the file, counted from 1."""

    row: int
    reason: str


class RowRefused(ValueError):
    """Raised while one row is read; the message is the reason."""


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, plain or gzip, without their ends (LF or CRLF).

    Bytes that are not UTF-8 become U+FFFD, so that one bad byte costs one field, not the file.

    Raises:
        FileProblem: it is missing, not readable, or ends inside its compression.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            for line in file:
                yield line.decode("utf-8", errors="replace").rstrip("\r\n")
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror or error})", "check the path and its rights") from (
            error
        )
    except (EOFError, zlib.error) as error:
        raise FileProblem(f"{path}: the gzip data is damaged ({error})", "fetch the file again") from error
