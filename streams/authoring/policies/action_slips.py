"""Actions that never go out, go out too often, or pass over what they should not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from streams.authoring.condition_words import duration_words
from streams.authoring.finding import Finding
from streams.authoring.policies.limit_sets import limit_sets
from streams.authoring.policies.places import Places
from streams.authoring.policies.quiet_slips import longest_quiet_minutes
from streams.detection import Rule
from streams.detection.reader import did_you_mean
from streams.outreach.policy import ARBITRATION, ASK_USE, CAPS, HOLDOUT, QUIET_HOURS, Action, Policy

URGENT = ("vulnerable", "anxious")
"""Feelings in which nobody should be held back for the sake of a measurement."""

_PRODUCT = "product_id"


def action_slips(policy: Policy, rules: Mapping[str, Rule], places: Places) -> Iterator[Finding]:
    """What is wrong with the actions.

    Args:
        policy: whose actions.
        rules: all that there are, by id.
        places: of the file.
    """
    there = _limits_that_are_there(policy)
    purposes = [action.purpose for action in policy.actions]
    for place, action in enumerate(policy.actions):
        path = ("actions", place)
        answered = [rules[name] for name in action.moments if name in rules]
        yield from _moments(action, rules, path, places)
        yield from _overrides(action, there, path, places)
        yield from _cool_down(action, answered, path, places)
        yield from _worth(action, path, places)
        yield from _held_out(action, policy, answered, path, places)
        yield from _bought(action, answered, path, places)
        yield from _too_late(action, policy, answered, path, places)
        others = sorted(set(purposes) - {action.purpose})
        if purposes.count(action.purpose) == 1 and (near := get_close_matches(action.purpose, others, 1, 0.8)):
            what = f"only '{action.id}' needs consent for '{action.purpose}'"
            yield places.warning((*path, "purpose"), what, f"did you mean '{near[0]}'?")
    unanswered = sorted(name for name, rule in rules.items() if rule.mode == "live" and name not in policy.by_moment)
    for name in unanswered:
        what = f"no action answers '{name}', so its {rules[name].emotion} customers hear nothing"
        yield places.warning(("actions",), what, "name it in the 'moments' of an action")


def _limits_that_are_there(policy: Policy) -> set[str]:
    there = {ARBITRATION} | ({HOLDOUT} if policy.holdout is not None else set())
    for limits in policy.all_limits:
        there |= {CAPS} if limits.caps else set()
        there |= {QUIET_HOURS} if limits.quiet_hours is not None else set()
        there |= {ASK_USE} if limits.ask_use is not None else set()
    return there


def _moments(
    action: Action, rules: Mapping[str, Rule], path: tuple[str | int, ...], places: Places
) -> Iterator[Finding]:
    for number, name in enumerate(action.moments):
        here = (*path, "moments", number)
        if name not in rules:
            yield places.warning(
                here, f"no rule makes '{name}', so nobody gets '{action.id}' for it", _near(name, rules)
            )
        elif rules[name].mode == "off":
            yield places.warning(here, f"rule '{name}' is off: it finds nothing", "switch it on, or take it out here")


def _near(name: str, rules: Mapping[str, Rule]) -> str:
    near = did_you_mean(name, rules)
    return near if near.startswith("did you mean") else "write the rule (momentous rules new), or take it out here"


def _overrides(action: Action, there: set[str], path: tuple[str | int, ...], places: Places) -> Iterator[Finding]:
    here = (*path, "may_override")
    promotional = action.action_class == "promotional"
    for limit in action.may_override:
        if limit not in there:
            what = f"'{action.id}' may override {limit}, of which the policy has none"
            yield places.warning(here, what, "take it out")
        elif promotional and limit != ARBITRATION:
            what = f"'{action.id}' promotes, and passes over {limit}"
            yield places.warning(here, what, "leave overriding to service messages")
    if promotional and not action.counts_toward_caps:
        what = f"'{action.id}' promotes, and fills no cap"
        yield places.warning((*path, "counts_toward_caps"), what, "let promotion count; leave that to service messages")
    if action.quiet_fallback is not None and (QUIET_HOURS not in there or QUIET_HOURS in action.may_override):
        what = f"quiet_fallback of '{action.id}' has no meaning: no quiet hours hold it back"
        yield places.warning((*path, "quiet_fallback"), what, "take it out")


def _cool_down(action: Action, answered: list[Rule], path: tuple[str | int, ...], places: Places) -> Iterator[Finding]:
    if not action.cool_down and action.action_class == "promotional":
        yield places.warning(path, f"promotional '{action.id}' has no cool-down", "write cool_down, like 14d")
    if len(answered) != 1 or len(action.moments) != 1 or not action.cool_down:
        return
    quiet = answered[0].cool_down
    if quiet is not None and not quiet.by and quiet.ms > action.cool_down:
        what = (
            f"cool_down of {duration_words(action.cool_down)} holds nothing back: rule '{answered[0].id}' is itself "
            f"quiet for {duration_words(quiet.ms)}"
        )
        yield places.warning((*path, "cool_down"), what, "take it out, or make it longer than the rule's")


def _worth(action: Action, path: tuple[str | int, ...], places: Places) -> Iterator[Finding]:
    for key, worth in (("value", action.value), ("propensity", action.propensity)):
        if worth == 0:
            what = f"'{action.id}' with a {key} of 0 loses to every other candidate"
            yield places.warning((*path, key), what, "write what it is worth, or take the action out")


def _held_out(
    action: Action, policy: Policy, answered: list[Rule], path: tuple[str | int, ...], places: Places
) -> Iterator[Finding]:
    overrides = HOLDOUT in action.may_override
    if action.holdout is not None and overrides:
        what = f"'{action.id}' has a holdout and may override holdouts"
        yield places.warning((*path, "holdout"), what, "keep one of the two")
    if policy.holdout is None or not policy.holdout.percent or overrides or action.action_class != "service":
        return
    urgent = [rule for rule in answered if rule.emotion in URGENT]
    if urgent:
        what = f"the holdout leaves {urgent[0].emotion} customers ({urgent[0].id}) without '{action.id}'"
        yield places.warning(path, what, "write may_override: [holdout]")


def _bought(action: Action, answered: list[Rule], path: tuple[str | int, ...], places: Places) -> Iterator[Finding]:
    knowing = [rule for rule in answered if any(_PRODUCT in field.names for field in rule.keep)]
    if action.bought_within and answered and not knowing:
        what = f"bought_within of '{action.id}' has no meaning: its moments carry no {_PRODUCT}"
        remedy = f"let the rule keep {_PRODUCT}, or take bought_within out"
        yield places.warning((*path, "bought_within"), what, remedy)
    wanted = [rule for rule in knowing if rule.emotion != "joyful"]  # joy is about what is theirs already
    if not action.bought_within and action.action_class == "promotional" and wanted:
        what = f"'{action.id}' may promote what was just bought ({wanted[0].id} knows the product)"
        yield places.warning(path, what, "write bought_within, like 30d")


def _too_late(
    action: Action, policy: Policy, answered: list[Rule], path: tuple[str | int, ...], places: Places
) -> Iterator[Finding]:
    """What is found when quiet hours begin has expired when they end."""
    for rule in answered:
        if policy.arbitration_wait >= rule.expires_after_ms and ARBITRATION not in action.may_override:
            what = f"'{rule.id}' expires while it waits for others to compete with"
            yield places.warning(("arbitration_wait",), what, "shorten arbitration_wait")
    if QUIET_HOURS in action.may_override or action.quiet_fallback == "abort":
        return
    for limit_set in limit_sets(policy):
        hours = limit_set.limits.quiet_hours
        if hours is None or hours.fallback == "abort" or action not in limit_set.actions:
            continue
        quiet_ms = longest_quiet_minutes(hours) * 60_000
        for rule in answered:
            if rule.expires_after_ms <= quiet_ms:
                what = (
                    f"'{rule.id}' expires after {duration_words(rule.expires_after_ms)}, quiet hours of "
                    f"{limit_set.whom} last {duration_words(quiet_ms)}: what is found when they begin is never answered"
                )
                remedy = "let the moment live longer, or let the action override quiet_hours"
                yield places.warning(path, what, remedy)
        return
