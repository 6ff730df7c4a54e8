"""The truth of a city on a side file: which moments it causes, and where an error is no fault.

JSON lines. The first tells the city and which moments the truth knows of; then one line a moment;
the last says that the truth is whole. A file without it stems from a run that was cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from streams.errors import MomentousError

FORMAT = 1

NOT_YET = "it is live, and there is time left for it"


class BadTruth(MomentousError):
    """A file that is no truth, or not the whole of it."""


class Expected(NamedTuple):
    """A moment that has to be found; or, with ``is_moment`` false, one that may be found by mistake.

    Attributes:
        opening: event id of its opening touchpoint.
        at: when it is detected, ms UTC.
        until: at the latest; later than ``at`` only where the order of arrival decides.
        planted: told for its own sake, not by everyday life.
        excuse: why it will be missed (or, when it is no moment, found); "" when neither may be.
    """

    rule: str
    customer_id: str
    opening: str
    at: int
    until: int
    planted: bool
    excuse: str = ""
    is_moment: bool = True


class Heading(msgspec.Struct, tag="city", tag_field="kind"):
    """The first line.

    Attributes:
        rules: the moments that the truth knows of, all of them in full.
        unknown: moments that this city may cause without its truth knowing, and why.
        slack_ms: how much later than expected a moment may be detected: 0 in a history, more live.
    """

    seed: int
    customers: int
    start: int
    rules: list[str]
    unknown: dict[str, str]
    slack_ms: int = 0
    format: int = FORMAT

    @property
    def is_live(self) -> bool:
        """Whether the city was played live: what it waits for comes in its own time."""
        return self.slack_ms > 0


class _Line(msgspec.Struct, tag="moment", tag_field="kind", omit_defaults=True):
    rule: str
    customer_id: str
    opening: str
    at: int
    until: int | None = None
    planted: bool = False
    excuse: str = ""
    is_moment: bool = True


class _End(msgspec.Struct, tag="end", tag_field="kind"):
    touchpoints: int
    moments: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Heading | _Line | _End)


def heading_line(heading: Heading) -> bytes:
    """The first line of the file."""
    return _encoder.encode(heading) + b"\n"


def moment_line(expected: Expected) -> bytes:
    """The line of one moment."""
    until = expected.until if expected.until != expected.at else None
    fields = expected._asdict() | {"until": until}
    return _encoder.encode(_Line(**fields)) + b"\n"


def end_line(touchpoints: int, moments: int) -> bytes:
    """The last line; both counts are of lines written: touchpoints published, moments told."""
    return _encoder.encode(_End(touchpoints, moments)) + b"\n"


class Truth(NamedTuple):
    """A whole truth."""

    heading: Heading
    moments: list[Expected]
    touchpoints: int

    def up_to(self, now: int) -> Truth:
        """Only what may be found by ``now``, ms UTC; what has some time left yet is excused if it is missed."""
        slack = self.heading.slack_ms
        due = (one for one in self.moments if one.at <= now)
        return self._replace(
            moments=[one if one.until + slack <= now else one._replace(excuse=one.excuse or NOT_YET) for one in due]
        )


def read_truth(lines: Iterable[bytes], name: str) -> Truth:
    """Read a truth; ``name`` is for messages.

    Raises:
        BadTruth: not a truth, of another format, or cut off.
    """
    numbered = _decoded(lines, name)
    _, heading = next(numbered, (0, None))
    if not isinstance(heading, Heading):
        raise BadTruth(f"{name}: the first line tells no city", "give the file that `momentous simulate --truth` wrote")
    if heading.format != FORMAT:
        raise BadTruth(f"{name}: format {heading.format}, expected {FORMAT}", "make it again with this version")
    moments: list[Expected] = []
    for number, line in numbered:
        if isinstance(line, _End):
            if line.moments != len(moments):
                raise BadTruth(f"{name}:{number}: {len(moments)} moments, the end says {line.moments}", _AGAIN)
            return Truth(heading, moments, line.touchpoints)
        if isinstance(line, Heading):
            raise BadTruth(f"{name}:{number}: a second city begins", "score one truth at a time")
        until = line.at if line.until is None else line.until
        moments.append(
            Expected(
                line.rule, line.customer_id, line.opening, line.at, until, line.planted, line.excuse, line.is_moment
            )
        )
    raise BadTruth(f"{name}: it has no end", _AGAIN)


_AGAIN = "the run was cut off; simulate again to the end"


def _decoded(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, Heading | _Line | _End]]:
    for number, line in enumerate(lines, 1):
        try:
            yield number, _decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise BadTruth(
                f"{name}:{number}: {error}", "give the file that `momentous simulate --truth` wrote"
            ) from error


def by_rule(moments: Iterable[Expected]) -> Mapping[str, int]:
    """How many real moments of each rule."""
    counts: dict[str, int] = {}
    for one in moments:
        if one.is_moment:
            counts[one.rule] = counts.get(one.rule, 0) + 1
    return counts
