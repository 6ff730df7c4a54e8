"""Variants that forget, suppression lists and control groups that do not do what they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from streams.authoring.finding import Finding
from streams.authoring.policies.limit_sets import LimitSet
from streams.authoring.policies.places import Places
from streams.outreach.policy import Policy
from streams.vocabulary import Vocabulary

MOST_SENSIBLE_HOLDOUT = 50


def variant_slips(policy: Policy, places: Places) -> Iterator[Finding]:
    """A variant's limits hold whole: what it does not repeat is not there."""
    for place, variant in enumerate(policy.variants):
        everybody = policy.limits
        missing = [
            name
            for name, theirs, own in (
                ("caps", everybody.caps, variant.limits.caps),
                ("quiet_hours", everybody.quiet_hours, variant.limits.quiet_hours),
                ("ask_use", everybody.ask_use, variant.limits.ask_use),
                ("without", everybody.without, variant.limits.without),
            )
            if theirs and not own
        ]
        if missing:
            what = f"{variant.section} '{variant.name}' has no {', '.join(missing)}: a variant's limits hold whole"
            yield places.warning(("variants", place, "limits"), what, "repeat there what is to hold for them too")


def suppression_slips(policy: Policy, places: Places) -> Iterator[Finding]:
    """Lists that let promotion through, or stop what nobody sends."""
    used = {channel for action in policy.actions for channel in action.channels}
    if not policy.suppressions:
        what = "no suppression list: nobody can be taken out of all outreach"
        remedy = "write suppressions: [{list: do_not_contact, classes: [service, promotional]}]"
        yield places.warning(("actions",), what, remedy)
    for place, one in enumerate(policy.suppressions):
        here = ("suppressions", place)
        if "promotional" not in one.classes:
            what = f"list '{one.list}' stops service and lets promotion through"
            yield places.warning((*here, "classes"), what, "write classes: [service, promotional]")
        if one.channels and not used.intersection(one.channels):
            what = f"list '{one.list}' stops {', '.join(one.channels)}, where no action goes"
            yield places.warning((*here, "channels"), what, "take it out")


def holdout_slips(policy: Policy, places: Places) -> Iterator[Finding]:
    """Control groups of nobody, or of nearly everybody."""
    own = [(("actions", place), action.holdout) for place, action in enumerate(policy.actions)]
    for path, holdout in ((), policy.holdout), *own:
        if holdout is None:
            continue
        here = (*path, "holdout")
        if holdout.percent == 0:
            yield places.warning(here, "a holdout of 0% holds nobody out", "take it out, or write 5%")
        elif holdout.percent > MOST_SENSIBLE_HOLDOUT:
            what = f"a holdout of {holdout.percent:g}% leaves most customers without contact"
            yield places.warning(here, what, "5% to 20% shows an effect")


def ask_use_slips(limit_set: LimitSet, vocabulary: Vocabulary, places: Places) -> Iterator[Finding]:
    """Uses that no touchpoint is, and ratios that let nothing through."""
    ask_use, path = limit_set.limits.ask_use, (*limit_set.path, "ask_use")
    if ask_use is None:
        return
    for place, use in enumerate(ask_use.uses):
        if use not in vocabulary.types and not use.startswith("x."):
            near = get_close_matches(use, vocabulary.types, n=1, cutoff=0.7)
            remedy = f"did you mean '{near[0]}'?" if near else "look it up in docs/touchpoints.md"
            yield places.warning((*path, "uses", place), f"no touchpoint is of type '{use}'", remedy)
    if ask_use.most == 0:
        what = f"ask_use with most: 0 allows {limit_set.whom} {ask_use.least_asks} contacts, however much they use"
        yield places.warning((*path, "most"), what, "write how many asks a use is worth, like 0.5")


def cost_slips(policy: Policy, places: Places) -> Iterator[Finding]:
    """Costs of channels that nobody uses."""
    used = {channel for action in policy.actions for channel in action.channels}
    for channel, _ in policy.channel_costs:
        if channel not in used:
            what = f"'{channel}' has a cost, but no action goes there"
            yield places.warning(("channel_costs", channel), what, "take it out")
