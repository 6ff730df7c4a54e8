"""Which touchpoints can matter to a rule: by their type, by whose they are, by what its conditions ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas import Touchpoint
from streams.customer.profile import PROFILE_TYPES
from streams.detection import Rule
from streams.detection.operators import Event, Frame, Habit, Listener, Rhythm, Score, Series, Window
from streams.outreach import CONSENT_TYPES

_SUPPRESSION = "suppression."

_ASKS_ONCE = (Event, Habit, Rhythm, Score, Series, Window)
"""Operators whose ``wants`` looks at the touchpoint alone, never at what was before."""


def hears(rules: Sequence[Rule]) -> Callable[[str], bool]:
    """Whether any of the rules listens to touchpoints of a type; asked once for each."""
    known: dict[str, bool] = {}

    def one_hears(touchpoint_type: str) -> bool:
        heard = known.get(touchpoint_type)
        if heard is None:
            heard = known[touchpoint_type] = any(_listener(rule, touchpoint_type) is not None for rule in rules)
        return heard

    return one_hears


def hears_anonymous(rules: Sequence[Rule]) -> Callable[[str], bool]:
    """The same for touchpoints of customers who are not identified."""
    return hears([rule for rule in rules if not rule.identified_only])


def meets(rules: Sequence[Rule]) -> Callable[[Touchpoint], bool] | None:
    """Whether a touchpoint is what any of the rules asks for.

    Only where that does not depend on what went before, so that one of which it is false can be left
    out, now and if it comes again: None where there is nothing to ask.
    """
    if not any(isinstance(rule.detect, _ASKS_ONCE) for rule in rules):
        return None
    known: dict[tuple[str, bool], list[Listener] | None] = {}

    def one_meets(touchpoint: Touchpoint) -> bool:
        about = (touchpoint["type"], touchpoint["identified"])
        if about not in known:
            known[about] = _askers(rules, *about)
        askers = known[about]
        if askers is None:
            return True
        try:
            return any(asker.wants(touchpoint, None) is not None for asker in askers)
        except Exception:  # the core says what it is
            return True

    return one_meets


def _askers(rules: Sequence[Rule], touchpoint_type: str, identified: bool) -> list[Listener] | None:
    """Listeners to ask; None where one of them looks at what was before."""
    askers = []
    for rule in rules:
        listener = None if rule.identified_only and not identified else _listener(rule, touchpoint_type)
        if listener is not None:
            if not isinstance(rule.detect, _ASKS_ONCE):
                return None
            askers.append(listener)
    return askers


def _listener(rule: Rule, touchpoint_type: str) -> Listener | None:
    return rule.detect.listener(touchpoint_type, Frame(rule.by, rule.late, 0))


def is_standing(touchpoint_type: str) -> bool:
    """Whether what it says holds until something else is said: consents, profiles, suppression lists."""
    return (
        touchpoint_type in CONSENT_TYPES or touchpoint_type in PROFILE_TYPES or touchpoint_type.startswith(_SUPPRESSION)
    )
