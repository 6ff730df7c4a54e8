"""Bodies in and out: as many compressed frames as come, and answers compressed as asked."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable
from typing import Any

import lz4.frame  # type: ignore[import-untyped]

from sinks.embedded.failure import QueryFailed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_DECODERS: dict[str, Callable[[], Any]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
    "gzip": lambda: zlib.decompressobj(31),
    "deflate": zlib.decompressobj,
}
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda data: zstd.compress(data, 1),
    "gzip": lambda data: gzip.compress(data, 1),
    "deflate": lambda data: zlib.compress(data, 1),
}


class Decoder:
    """Decodes a body chunk by chunk. A client may send it as several frames, one after the other.

    Args:
        encoding: the Content-Encoding; empty or ``identity`` means as it is.

    Raises:
        QueryFailed: an encoding that is not known here.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = "" if encoding == "identity" else encoding
        if self._encoding and self._encoding not in _DECODERS:
            known = ", ".join(_DECODERS)
            raise QueryFailed(89, "UNKNOWN_COMPRESSION_METHOD", f"Content-Encoding {encoding} is none of {known}")
        self._frame: Any = None

    def feed(self, chunk: bytes) -> bytes:
        """The decoded bytes of the next chunk.

        Raises:
            QueryFailed: the bytes are not of that encoding.
        """
        if not self._encoding:
            return chunk
        decoded: list[bytes] = []
        while chunk:
            if self._frame is None:
                self._frame = _DECODERS[self._encoding]()
            try:
                decoded.append(self._frame.decompress(chunk))
            except Exception as error:  # each library has an error class of its own
                raise QueryFailed(271, "CANNOT_DECOMPRESS", f"the body is not {self._encoding}: {error}") from error
            if not self._frame.eof:
                break
            chunk = self._frame.unused_data
            self._frame = None
        return b"".join(decoded)

    def finish(self) -> None:
        """Say that the body ends here.

        Raises:
            QueryFailed: it ends inside a frame.
        """
        if self._frame is not None:
            raise QueryFailed(271, "CANNOT_DECOMPRESS", f"the body ends inside a frame of {self._encoding}")


def encoded(body: bytes, accept_encoding: str) -> tuple[bytes, str]:
    """The body in the first encoding of ``accept_encoding`` that we have, and that encoding's name or ''."""
    for offered in accept_encoding.split(","):
        name, _, weight = offered.partition(";")
        encoder = _ENCODERS.get(name.strip().lower())
        if encoder is not None and weight.replace(" ", "") not in ("q=0", "q=0.0"):
            return encoder(body), name.strip().lower()
    return body, ""
