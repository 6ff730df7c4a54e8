"""Caps that hold nobody back, and contacts that no cap holds back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from streams.authoring.condition_words import duration_words
from streams.authoring.finding import Finding
from streams.authoring.policies.limit_sets import LimitSet, fills, holds_back
from streams.authoring.policies.places import Places
from streams.outreach.policy import Cap


def cap_slips(limit_set: LimitSet, places: Places) -> Iterator[Finding]:
    """What is wrong with the caps of one set of limits."""
    caps, path = limit_set.limits.caps, limit_set.path
    for place, cap in enumerate(caps):
        here = (*path, "caps", place)
        held = [action for action in limit_set.actions if holds_back(cap, action)]
        if not held:
            yield places.warning(here, f"cap '{cap.id}' holds nothing back: no action meets it", "take it out")
        elif cap.most == 0:
            what = f"cap '{cap.id}' allows nothing, so {', '.join(one.id for one in held)} may never go out by it"
            yield places.warning(here, what, "name the actions in 'without', or allow at least 1")
        elif (most := _most_by_cool_downs(cap, limit_set)) is not None and most <= cap.most:
            what = f"cap '{cap.id}' can never bind: cool-downs allow {most} in {duration_words(cap.within)} at most"
            yield places.warning(here, what, "lower 'most', or take it out")
    for one, other in combinations(range(len(caps)), 2):
        for looser, tighter in ((one, other), (other, one)):
            if _is_tighter(caps[tighter], caps[looser]):
                what = f"cap '{caps[looser].id}' can never bind: '{caps[tighter].id}' is at least as tight"
                yield places.warning((*path, "caps", looser), what, f"take it out, or loosen '{caps[tighter].id}'")
                break
    yield from _uncapped(limit_set, places)


def _uncapped(limit_set: LimitSet, places: Places) -> Iterator[Finding]:
    """Promotional actions that no cap holds back, on some channel."""
    for action in limit_set.actions:
        if action.action_class != "promotional" or "caps" in action.may_override:
            continue
        caps = [cap for cap in limit_set.limits.caps if holds_back(cap, action)]
        free = [channel for channel in action.channels if all(cap.channel not in (None, channel) for cap in caps)]
        if free:
            what = f"promotional '{action.id}' has no cap on {', '.join(free)} for {limit_set.whom}"
            remedy = "write one, like {id: promotion, most: 2, within: 7d, class: promotional}"
            yield places.warning((*limit_set.path, "caps"), what, remedy)


def _is_tighter(tight: Cap, loose: Cap) -> bool:
    """Whether ``tight`` stops everything that ``loose`` would stop."""
    wider = (
        tight.channel in (None, loose.channel)
        and tight.purpose in (None, loose.purpose)
        and tight.action_class in (None, loose.action_class)
    )
    return wider and tight.most <= loose.most and tight.within >= loose.within


def _most_by_cool_downs(cap: Cap, limit_set: LimitSet) -> int | None:
    """The most contacts that cool-downs let into the cap's time; None: as many as there are moments."""
    filling = [action for action in limit_set.actions if fills(cap, action)]
    if any(not action.cool_down for action in filling):
        return None
    # Of contacts a cool-down apart, a half-open stretch holds its length in cool-downs, rounded up.
    return sum(-(-cap.within // action.cool_down) for action in filling)
