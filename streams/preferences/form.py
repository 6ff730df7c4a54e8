"""The page's form as it comes back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from streams.preferences.changes import Choices
from streams.preferences.known import WISHES, Known
from streams.preferences.offer import Offer

MOST_FIELDS = 200
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SINGLE = ("seen", "seal", "stop", *WISHES)


class NoForm(ValueError):
    """Not a form of ours: nobody who uses the page can send it."""


@dataclass(frozen=True, slots=True)
class Form:
    """A readable form.

    Attributes:
        seen: the version of what the customer was shown.
        seal: proves that we showed it, behind this link.
        choices: what the customer wants.
        stop: everything is to be taken back, whatever was ticked.
        mistakes: by the field's name, what has to be put right first.
    """

    seen: str
    seal: str
    choices: Choices
    stop: bool = False
    mistakes: Mapping[str, str] = field(default_factory=dict)


def read_form(body: bytes, offer: Offer, known: Known) -> Form:
    """Read a posted form.

    Args:
        body: ``application/x-www-form-urlencoded``.
        offer: what was asked about.
        known: what holds now; a wish that stays as it is, is never a mistake.

    Raises:
        NoForm: it cannot have come from the page.
    """
    try:
        fields = parse_qs(body.decode("ascii"), True, True, "utf-8", "strict", MOST_FIELDS)
    except ValueError as error:
        raise NoForm("not a form") from error
    if any(len(fields.get(name, ())) > 1 for name in _SINGLE):
        raise NoForm("a field stands there twice")
    ticked = fields.get("consent", [])
    places = frozenset((purpose, channel) for purpose, _, channel in (text.rpartition(" ") for text in ticked))
    if not places <= offer.places:
        raise NoForm("a consent that was not asked about")
    wishes = {name: _one(fields, name).strip() for name in WISHES}
    seen, seal = _one(fields, "seen"), _one(fields, "seal")
    if "stop" in fields:
        return Form(seen, seal, Choices(frozenset(), {name: known.wish(name) for name in WISHES}), stop=True)
    changed = {name for name in WISHES if wishes[name] != known.wish(name)}
    return Form(seen, seal, Choices(places, wishes), mistakes=dict(_mistakes(wishes, changed, offer)))


@cache
def zones() -> tuple[str, ...]:
    """Time zones to choose from: those named after a place, by name."""
    places = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return tuple(sorted(name for name in available_timezones() if name.startswith(places)))


def _one(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _mistakes(wishes: Mapping[str, str], changed: Set[str], offer: Offer) -> Iterator[tuple[str, str]]:
    if changed & {"quiet_from", "quiet_to"}:
        yield from _quiet_mistakes({name: wishes[name] for name in ("quiet_from", "quiet_to")})
    if "channel" in changed and wishes["channel"] not in ("", *offer.channels):
        yield "channel", "Choose one of the channels."
    if "time_zone" in changed and wishes["time_zone"] not in ("", *zones()):
        yield "time_zone", "Choose one of the time zones."


def _quiet_mistakes(quiet: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    unreadable = [name for name, text in quiet.items() if text and not _TIME.fullmatch(text)]
    for name in unreadable:
        yield name, "Give the time as hours and minutes, such as 21:30."
    if unreadable or not any(quiet.values()):
        return
    for name, text in quiet.items():
        if not text:
            yield name, "Give both times, or neither."
    if quiet["quiet_from"] == quiet["quiet_to"]:
        yield "quiet_to", "Give two different times. To hear from us never, choose Stop everything."
