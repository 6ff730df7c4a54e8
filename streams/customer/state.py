"""The state record of one customer, and its bytes in the changelog."""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from streams.customer.errors import StateFormatError
from streams.customer.held import Held, first_release
from streams.customer.profile import Profile
from streams.customer.seen import SeenEvents
from streams.detection import DetectionState, Levels
from streams.outreach import OutreachState

FORMAT = 1
"""Format of the records of customers who were there within the last seven days; the first byte of each."""

QUIET = 2
"""Format of the others' records: what format 1 holds, deflated behind the two times that a restore reads."""

WORTH_DEFLATING = 100
"""A record of fewer bytes gains nothing by it."""

NONE_HELD: list[Held] = []
"""Shared by customers without held touchpoints, nearly all of them; never to be changed."""

NEVER = -(2**63)
"""Stands for "no touchpoint yet" in :attr:`Customer.newest`."""


class _Stored(msgspec.Struct, array_like=True):
    """A customer as stored; first what a restore reads without the rest."""

    due: int | None
    evict_at: int
    newest: int
    identified: bool
    seen: bytearray
    detection: DetectionState
    outreach: OutreachState
    held: list[Held] = []


class _StoredWithProfile(_Stored, array_like=True):
    """Of the few of whom anything was said; the others' records do not grow by it."""

    profile: Profile | None = None


class _StoredWithEmotions(_StoredWithProfile, array_like=True):
    """Of those with something left of their emotional levels."""

    emotions: Levels | None = None


class _Heads(msgspec.Struct, array_like=True):
    due: int | None
    evict_at: int


class _Quiet(_Heads, array_like=True):
    deflated: bytes
    """A record of format 1 without its format byte and the times above: None and 0 stand there."""


class Customer:
    """Everything remembered of one customer.

    Attributes:
        due: when a rule, a waiting candidate or a held touchpoint wants attention next, ms UTC by the
            partition's clock, or None.
        newest: the newest accepted ``occurred_at``, ms UTC; lateness is judged against it.
        evict_at: when to look whether the record holds anything still needed.
        identified: as the last touchpoint said.
        seen: events taken in during the last seven days.
        detection: windows and partial matches.
        outreach: consents, cool-downs, open moments, contacts and candidates that wait.
        held: touchpoints that wait for older ones to overtake them, by ``occurred_at``.
        profile: profile, preferences, persona and segments, or None when nothing was ever said.
        emotions: emotional levels, or None when nothing is left of them.
        scheduled: when the partition's schedule looks at ``due``, ms UTC, the earliest last; not stored.
    """

    __slots__ = (
        "detection",
        "due",
        "emotions",
        "evict_at",
        "held",
        "identified",
        "newest",
        "outreach",
        "profile",
        "scheduled",
        "seen",
    )

    def __init__(self, evict_at: int) -> None:
        self.due: int | None = None
        self.newest = NEVER
        self.evict_at = evict_at
        self.identified = False
        self.seen = SeenEvents()
        self.detection = DetectionState()
        self.outreach = OutreachState()
        self.held = NONE_HELD
        self.profile: Profile | None = None
        self.emotions: Levels | None = None
        self.scheduled: list[int] = []

    def next_due(self) -> int | None:
        """When a rule, a waiting candidate or a held touchpoint wants attention next, ms UTC."""
        due = self.wanted_at()
        if self.held:
            release_at = first_release(self.held)
            return release_at if due is None or (release_at is not None and release_at < due) else due
        return due

    def wanted_at(self) -> int | None:
        """When a rule or a waiting candidate wants attention next, ms UTC."""
        due = self.detection.due
        if self.outreach.history is not None:
            release_at = self.outreach.history.next_due()
            return release_at if due is None or (release_at is not None and release_at < due) else due
        return due


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_StoredWithEmotions)
_heads_decoder = msgspec.msgpack.Decoder(_Heads)
_quiet_decoder = msgspec.msgpack.Decoder(_Quiet)
_PREFIX = bytes([FORMAT])
_QUIET_PREFIX = bytes([QUIET])


def encode_customer(customer: Customer) -> bytes:
    """The record's bytes: the format byte, then msgpack; deflated while the customer is quiet.

    Quiet is who has no event remembered: nothing came for seven days when the record was last looked at. That
    and the length alone decide, so a replay writes the same bytes wherever its transactions end.
    """
    if customer.seen.entries:
        return _PREFIX + _plain(customer, customer.due, customer.evict_at)
    inner = _plain(customer, None, 0)
    if len(inner) >= WORTH_DEFLATING:
        return _QUIET_PREFIX + _encoder.encode(_Quiet(customer.due, customer.evict_at, _deflate(inner)))
    return _PREFIX + _plain(customer, customer.due, customer.evict_at)


def _plain(customer: Customer, due: int | None, evict_at: int) -> bytes:
    fields = (
        due,
        evict_at,
        customer.newest,
        customer.identified,
        customer.seen.entries,
        customer.detection,
        customer.outreach,
        customer.held,
    )
    profile, emotions = customer.profile, customer.emotions
    if emotions is not None:
        return _encoder.encode(_StoredWithEmotions(*fields, profile, emotions))
    return _encoder.encode(_Stored(*fields) if profile is None else _StoredWithProfile(*fields, profile))


def _deflate(data: bytes) -> bytes:
    # A window of 4 KB and little memory: it is the making ready that costs, not the bytes.
    deflating = zlib.compressobj(6, zlib.DEFLATED, _WINDOW_BITS, 4)
    return deflating.compress(data) + deflating.flush()


_WINDOW_BITS = -12
"""Negative: without a header."""


def decode_customer(data: bytes) -> Customer:
    """The record from its bytes.

    Raises:
        StateFormatError: written by a newer version of the software, or not a record at all.
    """
    if data[:1] == _QUIET_PREFIX:
        quiet = _checked(data, _quiet_decoder)
        try:
            stored = _decoder.decode(zlib.decompress(quiet.deflated, _WINDOW_BITS))
        except (zlib.error, msgspec.DecodeError) as error:
            raise StateFormatError(QUIET, QUIET, str(error)) from error
        stored.due, stored.evict_at = quiet.due, quiet.evict_at
    else:
        stored = _checked(data, _decoder)
    customer = Customer(stored.evict_at)
    customer.due = stored.due
    customer.newest = stored.newest
    customer.identified = stored.identified
    customer.seen = SeenEvents(stored.seen)
    customer.detection = stored.detection
    customer.outreach = stored.outreach
    customer.held = stored.held or NONE_HELD
    customer.profile = stored.profile
    customer.emotions = stored.emotions
    return customer


def heads_of(data: bytes) -> tuple[int | None, int]:
    """Only ``due`` and ``evict_at`` of the record; raises as :func:`decode_customer`."""
    heads = _checked(data, _heads_decoder)
    return heads.due, heads.evict_at


_Decoded = TypeVar("_Decoded")


def _checked(data: bytes, decoder: msgspec.msgpack.Decoder[_Decoded]) -> _Decoded:
    if not data or data[0] not in (FORMAT, QUIET):
        raise StateFormatError(data[0] if data else None, QUIET)
    try:
        return decoder.decode(memoryview(data)[1:])
    except msgspec.DecodeError as error:
        raise StateFormatError(data[0], data[0], str(error)) from error
