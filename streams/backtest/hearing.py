"""Which touchpoints can matter to a rule, by their type."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.customer.profile import PROFILE_TYPES
from streams.detection import Rule
from streams.detection.operators import Frame
from streams.outreach import CONSENT_TYPES

_SUPPRESSION = "suppression."


def hears(rules: Sequence[Rule]) -> Callable[[str], bool]:
    """Whether any of the rules listens to touchpoints of a type; asked once for each."""
    known: dict[str, bool] = {}

    def one_hears(touchpoint_type: str) -> bool:
        heard = known.get(touchpoint_type)
        if heard is None:
            heard = known[touchpoint_type] = any(
                rule.detect.listener(touchpoint_type, Frame(rule.by, rule.late, 0)) is not None for rule in rules
            )
        return heard

    return one_hears


def is_standing(touchpoint_type: str) -> bool:
    """Whether what it says holds until something else is said: consents, profiles, suppression lists."""
    return (
        touchpoint_type in CONSENT_TYPES or touchpoint_type in PROFILE_TYPES or touchpoint_type.startswith(_SUPPRESSION)
    )
