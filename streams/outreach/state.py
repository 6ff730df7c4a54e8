"""What the policy remembers of one customer."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from schemas import Touchpoint
from streams.outreach.contact import PENDING
from streams.outreach.history import History

GRANTED = "granted"
DENIED = "denied"
WITHDRAWN = "withdrawn"

OPEN_MOMENTS = 32
"""Most open moments kept per customer; the oldest is let go first."""

RESOLUTIONS = 8
"""Most resolutions kept per rule; the oldest is let go first."""

RESOLUTIONS_KEPT_MS = 7 * 86_400_000
"""A resolution is of use for as long as evidence may still arrive late."""

LONGEST_NAME = 100
"""Most characters of a purpose or a channel."""

MOST_CONSENTS = 256
"""Most pairs of purpose and channel kept per customer; of a further one nothing is known, and that means no."""

CONSENT_TYPES = {"consent.given": GRANTED, "consent.denied": DENIED, "consent.withdrawn": WITHDRAWN}
"""Touchpoint types that speak of consent, and the status each gives."""


class Consent(msgspec.Struct, array_like=True):
    """The newest word of the customer on one purpose and channel."""

    status: str
    occurred_at: int


class OpenMoment(msgspec.Struct, array_like=True):
    """A detected moment that may still be resolved: what its ``resolved`` record repeats.

    ``evident_at`` is the ``occurred_at`` of its last evidence: only what came after that resolves it.
    """

    moment_id: str
    rule: str
    rule_version: int
    emotion: str
    intensity: float
    correlation_id: str | None
    opened_at: int
    evident_at: int
    expires_at: int
    mode: str
    felt_at: int | None = None
    """When its effect on emotional levels began, ms UTC; None where it has none."""


class Resolution(msgspec.Struct, array_like=True):
    """A touchpoint that resolves a rule's moments; ``correlation_id`` None: whatever theirs is."""

    occurred_at: int
    correlation_id: str | None


class OutreachState(msgspec.Struct, array_like=True):
    """Consents, cool-downs and open moments.

    Attributes:
        consents: by ``purpose channel``.
        cooling: action id to the time (ms UTC) from which it may be repeated.
        open: open moments, oldest first.
        resolutions: by rule id, so that a moment whose evidence arrives after its resolution is
            known to be pointless.
        history: contacts, waiting candidates and what else only few customers have; None: nothing of it.
    """

    consents: dict[str, Consent] = {}
    cooling: dict[str, int] = {}
    open: list[OpenMoment] = []
    resolutions: dict[str, list[Resolution]] = {}
    history: History | None = None

    def remember(self) -> History:
        """The history, begun if there is none."""
        if self.history is None:
            self.history = History()
        return self.history

    def next_due(self) -> int | None:
        """When a waiting candidate is to be decided again, ms UTC."""
        return None if self.history is None else self.history.next_due()

    def note_consent(self, touchpoint_type: str, purpose: object, channel: object, occurred_at: int) -> bool:
        """Take in a consent touchpoint; the newest by ``occurred_at`` wins, a tie the later one.

        Returns:
            Whether it said anything: both purpose and channel must be texts, of a name's length. What finds no
            room says no.
        """
        status = CONSENT_TYPES.get(touchpoint_type)
        if status is None or not isinstance(purpose, str) or not isinstance(channel, str):
            return False
        if len(purpose) > LONGEST_NAME or len(channel) > LONGEST_NAME:
            return False
        key = consent_key(purpose, channel)
        known = self.consents.get(key)
        if known is None:
            if len(self.consents) < MOST_CONSENTS:
                self.consents[key] = Consent(status, occurred_at)
        elif occurred_at >= known.occurred_at:
            self.consents[key] = Consent(status, occurred_at)
        return True

    def has_no_room(self, touchpoint: Touchpoint) -> bool:
        """Whether this consent touchpoint, already taken in, was not kept because there are too many."""
        if len(self.consents) < MOST_CONSENTS:
            return False
        purpose, channel = touchpoint["properties"].get("purpose"), touchpoint["properties"].get("channel")
        return (
            isinstance(purpose, str) and isinstance(channel, str) and consent_key(purpose, channel) not in self.consents
        )

    def consent(self, purpose: str, channel: str) -> str:
        """``granted``, ``denied``, ``withdrawn`` or ``none``; none means no."""
        known = self.consents.get(consent_key(purpose, channel))
        return "none" if known is None else known.status

    def open_moment(self, moment: OpenMoment) -> None:
        """Keep a moment open until it is resolved or expires."""
        self.open.append(moment)
        if len(self.open) > OPEN_MOMENTS:
            del self.open[0]

    def note_resolution(self, rule: str, occurred_at: int, correlation_id: str | None) -> None:
        """Remember that moments of ``rule`` whose evidence is older than ``occurred_at`` are resolved."""
        known = self.resolutions.get(rule)
        if known is None:
            self.resolutions[rule] = [Resolution(occurred_at, correlation_id)]
            return
        for one in known:
            if one.correlation_id == correlation_id:
                if occurred_at > one.occurred_at:
                    one.occurred_at = occurred_at
                return
        known.append(Resolution(occurred_at, correlation_id))
        if len(known) > RESOLUTIONS:
            del known[0]

    def rules_at_stake(self, clock: int) -> Collection[str]:
        """Rules of which something could still be closed at ``clock`` (ms UTC): open moments, contacts on their
        way, waiting candidates."""
        history = self.history
        if history is None:
            return [moment.rule for moment in self.open] if self.open else ()
        rules = [one.rule for one in history.contacts if one.status == PENDING and clock < one.deliver_until]
        if self.open:
            rules += [moment.rule for moment in self.open]
        if history.waiting:
            rules += [one.moment["rule"] for one in history.waiting]
        return rules

    def resolved_at(self, rule: str, correlation_id: str | None) -> int | None:
        """When such a moment was last resolved, ms UTC, as far as is remembered."""
        return max(
            (
                known.occurred_at
                for known in self.resolutions.get(rule, ())
                if known.correlation_id is None or known.correlation_id == correlation_id
            ),
            default=None,
        )

    def prune(self, now: int, memory_ms: int = 0) -> None:
        """Let go of what ``now`` has ended: expired moments, elapsed cool-downs, old resolutions and contacts.

        Args:
            now: ms UTC.
            memory_ms: how far the active policy's limits look back.
        """
        oldest = now - RESOLUTIONS_KEPT_MS
        kept = {rule: [one for one in known if one.occurred_at > oldest] for rule, known in self.resolutions.items()}
        self.resolutions = {rule: known for rule, known in kept.items() if known}
        if self.open:
            self.open = [moment for moment in self.open if moment.expires_at > now]
        if self.cooling:
            self.cooling = {action: until for action, until in self.cooling.items() if until > now}
        if self.history is not None:
            self.history.prune(now, memory_ms)
            if self.history.is_empty():
                self.history = None

    def is_idle(self) -> bool:
        """Whether a pruned state holds nothing that must be kept (consents are kept for good)."""
        return not (self.consents or self.cooling or self.open or self.resolutions or self.history)


def consent_key(purpose: str, channel: str) -> str:
    """How consents are keyed."""
    return f"{purpose} {channel}"
