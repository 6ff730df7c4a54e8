"""What the policy remembers of one customer."""

from __future__ import annotations

import msgspec

GRANTED = "granted"
DENIED = "denied"
WITHDRAWN = "withdrawn"

OPEN_MOMENTS = 32
"""Most open moments kept per customer; the oldest is let go first."""

_CONSENT_TYPES = {"consent.given": GRANTED, "consent.denied": DENIED, "consent.withdrawn": WITHDRAWN}


class Consent(msgspec.Struct, array_like=True):
    """The newest word of the customer on one purpose and channel."""

    status: str
    occurred_at: int


class OpenMoment(msgspec.Struct, array_like=True):
    """A detected moment that may still be resolved: what its ``resolved`` record repeats."""

    moment_id: str
    rule: str
    rule_version: int
    emotion: str
    intensity: float
    correlation_id: str | None
    opened_at: int
    expires_at: int
    mode: str


class OutreachState(msgspec.Struct, array_like=True):
    """Consents, cool-downs and open moments.

    Attributes:
        consents: by ``purpose channel``.
        cooling: action id to the time (ms UTC) from which it may be repeated.
        open: open moments, oldest first.
        resolutions: rule id to the newest ``occurred_at`` of a touchpoint that resolves it.
    """

    consents: dict[str, Consent] = {}
    cooling: dict[str, int] = {}
    open: list[OpenMoment] = []
    resolutions: dict[str, int] = {}

    def note_consent(self, touchpoint_type: str, purpose: object, channel: object, occurred_at: int) -> bool:
        """Take in a consent touchpoint; the newest by ``occurred_at`` wins, a tie the later one.

        Returns:
            Whether it said anything: both purpose and channel must be texts.
        """
        status = _CONSENT_TYPES.get(touchpoint_type)
        if status is None or not isinstance(purpose, str) or not isinstance(channel, str):
            return False
        key = consent_key(purpose, channel)
        known = self.consents.get(key)
        if known is None or occurred_at >= known.occurred_at:
            self.consents[key] = Consent(status, occurred_at)
        return True

    def consent(self, purpose: str, channel: str) -> str:
        """``granted``, ``denied``, ``withdrawn`` or ``none``; none means no."""
        known = self.consents.get(consent_key(purpose, channel))
        return "none" if known is None else known.status

    def open_moment(self, moment: OpenMoment) -> None:
        """Keep a moment open until it is resolved or expires."""
        self.open.append(moment)
        if len(self.open) > OPEN_MOMENTS:
            del self.open[0]

    def prune(self, now: int) -> None:
        """Let go of what ``now`` has ended: expired moments, elapsed cool-downs."""
        if self.open:
            self.open = [moment for moment in self.open if moment.expires_at > now]
        if self.cooling:
            self.cooling = {action: until for action, until in self.cooling.items() if until > now}

    def is_idle(self) -> bool:
        """Whether a pruned state holds nothing that must be kept (consents are kept for good)."""
        return not (self.consents or self.cooling or self.open)


def is_consent(touchpoint_type: str) -> bool:
    """Whether touchpoints of this type speak of consent."""
    return touchpoint_type in _CONSENT_TYPES


def consent_key(purpose: str, channel: str) -> str:
    """How consents are keyed."""
    return f"{purpose} {channel}"
