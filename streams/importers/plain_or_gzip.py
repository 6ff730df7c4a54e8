"""Opens a file that is plain or gzip, whichever it says it is."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from streams.importers.refusal import FileProblem

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked.

    Raises:
        FileProblem: it is missing, not readable, or ends inside its compression; also when that
            shows only while it is read.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror or error})", "check the path and its rights") from (
            error
        )
    except (EOFError, zlib.error) as error:
        raise FileProblem(f"{path}: the gzip data is damaged ({error})", "fetch the file again") from error


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, plain or gzip, without their ends (LF or CRLF).

    Bytes that are not UTF-8 become U+FFFD, so that one bad byte costs one field, not the file.

    Raises:
        FileProblem: as ``opened`` does.
    """
    with opened(path) as file:
        for line in file:
            yield line.decode("utf-8", errors="replace").rstrip("\r\n")
