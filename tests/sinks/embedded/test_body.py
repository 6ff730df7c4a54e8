import gzip
import zlib

import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.embedded.body import Decoder, encoded, zstd
from sinks.embedded.failure import QueryFailed

_COMPRESS = {"lz4": lz4.frame.compress, "zstd": zstd.compress, "gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
@given(frames=st.lists(st.binary(max_size=200), max_size=5), step=st.integers(1, 50))
def test_a_body_of_several_frames_is_read_to_its_end(encoding: str, frames: list[bytes], step: int) -> None:
    sent = b"".join(_COMPRESS[encoding](frame) for frame in frames)
    decoder = Decoder(encoding)
    decoded = b"".join(decoder.feed(sent[at : at + step]) for at in range(0, len(sent), step))
    decoder.finish()
    assert decoded == b"".join(frames)


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_passes_as_it_is(encoding: str) -> None:
    assert Decoder(encoding).feed(b"\x00\xff") == b"\x00\xff"


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_a_body_that_ends_inside_a_frame_is_refused(encoding: str) -> None:
    decoder = Decoder(encoding)
    decoder.feed(_COMPRESS[encoding](b"x" * 1000)[:-2])
    with pytest.raises(QueryFailed, match=f"ends inside a frame of {encoding}"):
        decoder.finish()


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_bytes_of_another_kind_are_refused(encoding: str) -> None:
    with pytest.raises(QueryFailed, match=f"the body is not {encoding}"):
        Decoder(encoding).feed(b"INSERT INTO t FORMAT Native\n" * 10)


def test_an_unknown_encoding_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QueryFailed, match="br is none of lz4, zstd, gzip, deflate"):
        Decoder("br")


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("lz4,zstd,gzip", "lz4"),
        ("br, zstd;q=0.5", "zstd"),
        ("zstd;q=0, gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ],
)
def test_an_answer_comes_in_the_first_encoding_that_both_know(accepted: str, chosen: str) -> None:
    body, encoding = encoded(b"x" * 1000, accepted)
    assert encoding == chosen
    assert Decoder(encoding).feed(body) == b"x" * 1000
