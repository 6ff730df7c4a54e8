"""From what the customer chose to touchpoints: only for what changed, each with an id that repeats. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas import Touchpoint, Value
from streams.identifiers import digest_id
from streams.preferences.known import GRANTED, WISHES, WITHDRAWN, Known, Place, Word

SOURCE = "preferences"
PAGE, ONE_CLICK = "preferences_page", "one_click"
"""How it was said: the property ``method`` of a consent."""

SECOND_CLICK_MS = 60_000
"""A click so soon after its like is the same click."""

_TOGETHER = ("quiet_from", "quiet_to")
"""Said in one touchpoint if either changed: half of quiet hours is none."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the customer wants from now on.

    Attributes:
        granted: every purpose and channel that is allowed; all others are not.
        wishes: of ``WISHES``, each a text, empty for none.
    """

    granted: frozenset[Place]
    wishes: Mapping[str, str]


def chosen_touchpoints(customer_id: str, known: Known, choices: Choices, now: int) -> list[Touchpoint]:
    """What has to be published so that the choices hold; none when they already do.

    Args:
        known: what holds now.
        now: ms UTC.
    """
    granted, wanted = known.granted(), choices.granted
    made = [
        _consent(customer_id, _word(known.consents.get(place)), place, kind, PAGE, now)
        for kind, places in (("consent.given", wanted - granted), ("consent.withdrawn", granted - wanted))
        for place in sorted(places)
    ]
    changed = {name for name in WISHES if choices.wishes.get(name, "") != known.wish(name)}
    if changed & set(_TOGETHER):
        changed.update(_TOGETHER)
    if changed:
        wishes: dict[str, Value] = {name: choices.wishes.get(name, "") for name in sorted(changed)}
        before = [_word(known.wishes.get(name)) for name in sorted(changed)]
        at = max(now, *(word.occurred_at for word in before))
        facts = [fact for name, word in zip(sorted(changed), before, strict=True) for fact in _fact(name, wishes, word)]
        made.append(_touchpoint(customer_id, "preference.set", wishes, at, facts))
    return made


def withdrawal(customer_id: str, known: Known | None, place: Place, trigger_id: str, now: int) -> list[Touchpoint]:
    """What one click on *unsubscribe* publishes: the consent taken back, and which outreach led to it.

    A second click right behind the first publishes nothing. Otherwise every click counts, also where
    nothing seems to be granted: what is known here may lag behind a consent given elsewhere.

    Args:
        known: what holds now; None when that cannot be read.
        place: the consent's purpose and channel.
        trigger_id: the outreach that carried the link; empty: none.
        now: ms UTC.
    """
    word = None if known is None else known.consents.get(place)
    if word is not None and word.value == WITHDRAWN and 0 <= now - word.occurred_at < SECOND_CLICK_MS:
        return []
    before = word if word is not None and word.value == GRANTED else Word("", now)
    taken = _consent(customer_id, before, place, "consent.withdrawn", ONE_CLICK, now)
    if not trigger_id:
        return [taken]
    facts: dict[str, Value] = {"purpose": place[0], "trigger_id": trigger_id}
    told = _touchpoint(customer_id, "outreach.opted_out", facts, taken["occurred_at"], [trigger_id])
    return [taken, {**told, "channel": place[1]}]


def said(touchpoints: list[Touchpoint]) -> Known:
    """What these touchpoints say, for a page that is shown before they have come all the way round."""
    consents: dict[Place, Word] = {}
    wishes: dict[str, Word] = {}
    for touchpoint in touchpoints:
        facts, at = touchpoint["properties"], touchpoint["occurred_at"]
        if touchpoint["type"].startswith("consent."):
            status = GRANTED if touchpoint["type"] == "consent.given" else WITHDRAWN
            consents[str(facts["purpose"]), str(facts["channel"])] = Word(status, at)
        elif touchpoint["type"] == "preference.set":
            wishes.update({name: Word(str(value), at) for name, value in facts.items()})
    return Known(consents, wishes)


def _consent(customer_id: str, before: Word, place: Place, kind: str, method: str, now: int) -> Touchpoint:
    purpose, channel = place
    # A word from a clock that runs ahead of ours must not outlive this one: of a tie the later wins.
    at = max(now, before.occurred_at)
    facts: dict[str, Value] = {"channel": channel, "method": method, "purpose": purpose}
    return _touchpoint(customer_id, kind, facts, at, [purpose, channel, before.value, before.occurred_at])


def _fact(name: str, wishes: Mapping[str, Value], before: Word) -> Iterator[str | int]:
    yield from (name, str(wishes[name]), before.value, before.occurred_at)


def _word(word: Word | None) -> Word:
    return Word("", 0) if word is None else word


def _touchpoint(
    customer_id: str, kind: str, facts: dict[str, Value], occurred_at: int, identity: list[str | int]
) -> Touchpoint:
    return {
        "event_id": digest_id(customer_id, kind, *identity),
        "source": SOURCE,
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": kind,
        "occurred_at": occurred_at,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": facts,
    }
