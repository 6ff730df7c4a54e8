"""A customer's live state as systems that talk to the customer at this moment see it. Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from schemas import Value
from streams.customer import Customer
from streams.customer.definitions import Definitions
from streams.customer.profile import PERSONA, PREFERENCE, PROFILE
from streams.customer.state import NEVER
from streams.detection import EMOTIONS, DetectionState
from streams.live_state.outreach_view import (
    MOST_CONTACTS,
    ConsentView,
    DeferredContact,
    RecentContact,
    consents,
    deferred_contacts,
    recent_contacts,
    suppression_lists,
)
from streams.live_state.promises import DuePromise, promises_due
from streams.live_state.suggestion import Considered, considered

MOST_TOUCHPOINTS = 5
"""Most touchpoints shown; ClickHouse has them all."""


class AsOf(msgspec.Struct, kw_only=True):
    """How new the answer is: it holds everything up to ``applied_offset`` of the customer's partition.

    Attributes:
        partition: of the touchpoints topic.
        applied_offset: of the last record taken in; -1 before the first.
        behind_records: how many lie in the log beyond it, as of the last fetch; at rest 0 or 1, a transaction's marker.
        clock: the partition's, ms UTC: deadlines up to it have fired.
        mode: ``live``, or ``event`` while a history is played.
        now: ms UTC by which the policy was asked; the worker's own time while the clock is live.
    """

    partition: int
    applied_offset: int
    behind_records: int
    clock: int
    mode: str
    now: int


class OpenMomentView(msgspec.Struct, kw_only=True):
    """A moment that was detected and neither resolved nor expired; times are ms UTC."""

    moment_id: str
    rule: str
    rule_version: int
    emotion: str
    intensity: float
    correlation_id: str | None
    opened_at: int
    expires_at: int
    mode: str


class TouchpointView(msgspec.Struct, kw_only=True):
    """A touchpoint in short; ``occurred_at`` is ms UTC."""

    type: str
    channel: str
    occurred_at: int
    correlation_id: str | None


class ProfileView(msgspec.Struct, kw_only=True):
    """What upstream systems and the customer said for good."""

    facts: dict[str, Value]
    preferences: dict[str, Value]
    persona: str | None
    segments: list[str]


class LiveState(msgspec.Struct, kw_only=True):
    """Everything that is known now; lists are empty where nothing is.

    Attributes:
        last_seen_at: the newest touchpoint's ``occurred_at``, ms UTC.
        emotions: the level of each emotional state now, at least 0.
        last_touchpoints: newest first, of those that rules still remember.
        deferred_contacts: those that wait, the next one first.
        recent_contacts: newest first, at most five.
        suggestion: what would be done first if the policy were asked now, or None when nothing is allowed.
        considered: every action that an open moment asks for, allowed or not.
        profile: None unless the key may read it.
        redacted: parts of which the key's channels leave something out.
    """

    customer_id: str
    as_of: AsOf
    identified: bool
    last_seen_at: int | None
    emotions: dict[str, float]
    open_moments: list[OpenMomentView]
    promises_due: list[DuePromise]
    last_touchpoints: list[TouchpointView]
    consents: list[ConsentView]
    suppression_lists: list[str]
    deferred_contacts: list[DeferredContact]
    recent_contacts: list[RecentContact]
    suggestion: Considered | None
    considered: list[Considered]
    profile: ProfileView | None
    redacted: list[str]


class Unknown(msgspec.Struct, kw_only=True):
    """Nothing is remembered of such a customer, as of then."""

    error: str
    remedy: str
    as_of: AsOf


def live_state(
    customer: Customer,
    customer_id: str,
    definitions: Definitions,
    as_of: AsOf,
    channels: Collection[str] | None = None,
    with_profile: bool = False,
) -> LiveState:
    """The view of a customer; nothing is changed.

    Args:
        customer: only read.
        customer_id: whose record it is.
        definitions: active in the customer's partition.
        as_of: how new the record is.
        channels: whoever asks sees what belongs to these only; None: all.
        with_profile: whether profile and preferences are shown.
    """
    redacted: list[str] = []

    def visible(part: str, channel: str | None) -> bool:
        if channels is None or channel is None or channel in channels:
            return True
        if part not in redacted:
            redacted.append(part)
        return False

    def takes_one(ways: Collection[str]) -> bool:
        return not ways or any(channels is None or way in channels for way in ways) or visible("deferred_contacts", "")

    asked = considered(customer, customer_id, definitions, as_of.now)
    asked = [one for one in asked if visible("considered", one.channel)]
    allowed = next((one for one in asked if one.status == "triggered"), None)
    return LiveState(
        customer_id=customer_id,
        as_of=as_of,
        identified=customer.identified,
        last_seen_at=None if customer.newest == NEVER else customer.newest,
        emotions=_emotions(customer, definitions, as_of.now),
        open_moments=_open_moments(customer, as_of.now),
        promises_due=[one for one in promises_due(customer.detection) if visible("promises_due", one.channel)],
        last_touchpoints=[one for one in _touchpoints(customer.detection) if visible("last_touchpoints", one.channel)][
            :MOST_TOUCHPOINTS
        ],
        consents=[one for one in consents(customer) if visible("consents", one.channel)],
        suppression_lists=suppression_lists(customer),
        deferred_contacts=[one for one in deferred_contacts(customer, definitions) if takes_one(one.channels)],
        recent_contacts=[one for one in recent_contacts(customer) if visible("recent_contacts", one.channel)][
            :MOST_CONTACTS
        ],
        suggestion=allowed,
        considered=asked,
        profile=_profile(customer) if with_profile else None,
        redacted=redacted,
    )


def _open_moments(customer: Customer, now: int) -> list[OpenMomentView]:
    return [
        OpenMomentView(
            moment_id=moment.moment_id,
            rule=moment.rule,
            rule_version=moment.rule_version,
            emotion=moment.emotion,
            intensity=moment.intensity,
            correlation_id=moment.correlation_id,
            opened_at=moment.opened_at,
            expires_at=moment.expires_at,
            mode=moment.mode,
        )
        for moment in customer.outreach.open
        if now < moment.expires_at
    ]


def _emotions(customer: Customer, definitions: Definitions, now: int) -> dict[str, float]:
    if customer.emotions is None or definitions.emotions is None:
        return dict.fromkeys(EMOTIONS, 0.0)
    levels = customer.emotions.read(definitions.emotions, now)
    return {emotion: round(level, 4) for emotion, level in zip(EMOTIONS, levels, strict=True)}


def _touchpoints(state: DetectionState) -> list[TouchpointView]:
    """Evidence that rules hold, newest first."""
    newest = sorted(state.evidence.values(), key=lambda one: one.occurred_at, reverse=True)
    return [
        TouchpointView(
            type=one.type, channel=one.channel, occurred_at=one.occurred_at, correlation_id=one.correlation_id
        )
        for one in newest
    ]


def _profile(customer: Customer) -> ProfileView:
    profile = customer.profile
    if profile is None:
        return ProfileView(facts={}, preferences={}, persona=None, segments=[])
    persona = profile.get(PERSONA, "persona")
    return ProfileView(
        facts=_section(customer, PROFILE),
        preferences=_section(customer, PREFERENCE),
        persona=persona if isinstance(persona, str) and persona else None,
        segments=profile.segments(),
    )


def _section(customer: Customer, section: str) -> dict[str, Value]:
    prefix = f"{section} "
    facts = customer.profile.facts if customer.profile is not None else {}
    return {
        key.removeprefix(prefix): fact.value
        for key, fact in sorted(facts.items())
        if key.startswith(prefix) and fact.value != ""
    }
