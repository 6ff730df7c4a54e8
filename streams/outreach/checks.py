"""The checks of a decision, one function each, in the order in which they are made.

Order: pause -> still valid, not bought already -> identity -> consent -> suppression lists -> audience
-> cool-down -> ask/use -> holdout -> arbitration (``arbitration.py``) -> channel choice -> frequency caps
-> quiet hours -> capacity -> sandbox. A check that the policy gives nothing to look at is not made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from streams.outreach.candidate import Candidate
from streams.outreach.caps import concerned_channels, counted
from streams.outreach.channel_choice import worth
from streams.outreach.contact import VOID
from streams.outreach.history import History
from streams.outreach.holdout import is_held_out
from streams.outreach.pause import ALL
from streams.outreach.person import own_quiet_hours, preferred_channel, zone_name
from streams.outreach.policy import ABORT, ASK_USE, CAPS, HOLDOUT, POLITE, QUIET_HOURS, QuietHours, QuietWindow
from streams.outreach.quiet_hours import allowed_from, allowed_until, zone_of
from streams.outreach.state import GRANTED

OK = "ok"

REASONS = {
    OK: "every check passed: triggered",
    "no_action": "the policy has no action for moments of this rule",
    "paused": "the kill switch is thrown, for all outreach or for this action",
    "shadow": "the rule rehearses: detected and recorded, never answered",
    "expired": "the moment's answer would come too late",
    "resolved": "what the customer did later made the answer pointless",
    "bought": "the customer has bought what it is about, on whatever channel",
    "anonymous": "the customer is not identified",
    "consent_none": "no consent for the purpose on any channel of the action",
    "consent_denied": "consent was denied",
    "consent_withdrawn": "consent was given once and taken back",
    "suppressed": "the customer is on a suppression list that stops it on every channel that is left",
    "not_for_them": "customers of this persona or segment never get the action",
    "cool_down": "the same customer got the same action a short while ago",
    "ask_use": "the firm asks this customer too often for how often the customer uses what it has",
    HOLDOUT: "the customer is in the control group, left alone so that the effect can be told",
    "outranked": "another contact that came into question at the same time is worth more",
    "arbitration_wait": "waits a while for others to compete with (deferred)",
    "unreachable": "what was sent last came back, on every channel that is left",
    "frequency_cap": "as many contacts as are allowed were made, on every channel that is left",
    "quiet_hours": "the customer's quiet hours (deferred, or refused where the policy says abort)",
    "quiet_until_expiry": "the quiet hours end when the answer would come too late",
    "zone_unknown": "nobody knows the customer's time zone, and no hour is surely polite",
    "capacity": "who carries it out has no room (deferred, or refused when that would be too late)",
    "too_many_waiting": "it would have to wait, and too many contacts to this customer wait already",
}
"""Every reason that a decision may give."""

Judgement = tuple[str, dict[str, str]]
"""The reason (``ok`` when passed) and what was looked at."""

_NOTHING = History()
"""Shared by customers without a history; never to be changed."""

_OVERRIDDEN = "overridden"


def pause(candidate: Candidate) -> Judgement:
    """Neither all outreach nor this action is stopped by the kill switch."""
    pauses = candidate.situation.pauses
    found = (pauses.get(ALL) or pauses.get(candidate.action.id)) if pauses else None
    if found is None:
        return OK, {"paused": "no"}
    return "paused", {"paused": "all" if found.id == ALL else found.id, "since": str(found.at)}


def still_valid(candidate: Candidate) -> Judgement:
    """Neither expired nor already resolved, nor a rehearsal of a rule in shadow mode."""
    moment = candidate.moment
    inputs = {"expires_at": str(moment["expires_at"]), "mode": moment["mode"], "now": str(candidate.now)}
    if moment["mode"] != "live":
        return "shadow", inputs
    if candidate.now >= moment["expires_at"]:
        return "expired", inputs
    if candidate.resolved_at is not None and candidate.resolved_at > moment["evidence"][-1]["occurred_at"]:
        return "resolved", {**inputs, "resolved_at": str(candidate.resolved_at)}
    return OK, inputs


def not_bought(candidate: Candidate) -> Judgement | None:
    """What the moment is about was not bought lately."""
    within, product = candidate.action.bought_within, candidate.moment["context"].get("product_id")
    if not within or not isinstance(product, str):
        return None
    bought_at = _history(candidate).bought.get(product)
    if bought_at is None:
        return OK, {"product_id": product}
    inputs = {"product_id": product, "bought_at": str(bought_at), "within": str(within), "now": str(candidate.now)}
    return ("bought" if bought_at > candidate.now - within else OK), inputs


def identity(candidate: Candidate) -> Judgement:
    """A stand-in id is nobody whom one could contact."""
    identified = candidate.moment["identified"]
    return (OK if identified else "anonymous"), {"identified": str(identified).lower()}


def consent(candidate: Candidate) -> Judgement:
    """Opt-in for the purpose on at least one of the action's channels; none means no."""
    action, state = candidate.action, candidate.situation.state
    purpose = action.purpose
    answers = {channel: state.consent(purpose, channel) for channel in candidate.allowed}
    candidate.allowed = [channel for channel, answer in answers.items() if answer == GRANTED]
    inputs = {"purpose": purpose}
    for channel in sorted(answers):
        inputs[f"consent.{channel}"] = answers[channel]
    if candidate.allowed:
        return OK, inputs
    refused = [answer for answer in answers.values() if answer != "none"]
    return (f"consent_{refused[0]}" if refused else "consent_none"), inputs


def suppression(candidate: Candidate) -> Judgement | None:
    """The customer is on no list that stops the action, or only on some channels."""
    suppressions, history = candidate.situation.policy.suppressions, _history(candidate)
    if not suppressions:
        return None
    if not history.lists:
        return OK, {"lists": "", "left": " ".join(candidate.allowed)}
    on = [one for one in suppressions if candidate.action.action_class in one.classes and history.is_listed(one.list)]
    for one in on:
        candidate.allowed = [name for name in candidate.allowed if one.channels and name not in one.channels]
    lists = " ".join(dict.fromkeys(one.list for one in on))
    return (OK if candidate.allowed else "suppressed"), {"lists": lists, "left": " ".join(candidate.allowed)}


def audience(candidate: Candidate) -> Judgement | None:
    """The action is not one that customers like this one never get."""
    situation = candidate.situation
    if not situation.policy.variants and not situation.limits.without:
        return None
    variant = situation.variant
    inputs = {"limits": "everybody" if variant is None else f"{variant.section} {variant.name}"}
    return ("not_for_them" if candidate.action.id in situation.limits.without else OK), inputs


def cool_down(candidate: Candidate) -> Judgement:
    """The same action not again before its cool-down has passed."""
    until = candidate.situation.state.cooling.get(candidate.action.id)
    if until is None:
        return OK, {}
    return ("cool_down" if candidate.now < until else OK), {"until": str(until), "now": str(candidate.now)}


def ask_use(candidate: Candidate) -> Judgement | None:
    """The firm has not asked too often for how often the customer has used."""
    limit = candidate.situation.limits.ask_use
    if limit is None:
        return None
    history, after = _history(candidate), candidate.now - limit.within
    asks = 0
    for one in history.contacts:  # a generator costs twice as much
        if one.at > after and one.counts and one.status != VOID:
            asks += 1
    uses = history.uses_after(after)
    inputs = {"asks": str(asks), "uses": str(uses), "most": f"{limit.most:g}", "least_asks": str(limit.least_asks)}
    if asks < limit.least_asks or asks <= limit.most * uses:
        return OK, inputs
    if candidate.may_override(ASK_USE):
        return OK, {**inputs, _OVERRIDDEN: ASK_USE}
    return "ask_use", inputs


def holdout(candidate: Candidate) -> Judgement | None:
    """The customer is in no control group, neither the global one nor the action's.

    A rehearsal is not asked: it reaches nobody, and what is drawn here is the base of lift.
    """
    if candidate.action.sandbox:
        return None
    groups = [
        ("global", candidate.situation.policy.holdout, ""),
        ("action", candidate.action.holdout, candidate.action.id),
    ]
    inputs, held = {}, False
    for scope, group, action in groups:
        if group is not None:
            is_in = is_held_out(group, candidate.moment["customer_id"], action)
            inputs[scope] = HOLDOUT if is_in else "treated"
            held = held or is_in
    if not inputs:
        return None
    if held and candidate.may_override(HOLDOUT):
        return OK, {"group": "treated", **inputs, _OVERRIDDEN: HOLDOUT}
    return (HOLDOUT if held else OK), {"group": HOLDOUT if held else "treated", **inputs}


def channel(candidate: Candidate) -> Judgement:
    """The channels that are left, best first: the customer's wish, then what is expected of each."""
    action, channels = candidate.action, _history(candidate).channels
    lost: list[str] = []
    if channels:
        lost = [name for name in candidate.allowed if name in channels and channels[name].is_lost]
        candidate.allowed = [name for name in candidate.allowed if name not in lost]
        if not candidate.allowed:
            return "unreachable", {"allowed": "", "lost": " ".join(lost)}
    costs = candidate.situation.policy.costs
    preferred = preferred_channel(candidate.situation.facts)
    inputs = {"lost": " ".join(lost)} if lost else {}
    if preferred is not None:
        inputs["preferred"] = preferred
    if channels or costs:
        expected = {
            name: worth(action, action.channels.index(name), channels.get(name), costs.get(name, 0.0))
            for name in candidate.allowed
        }
        candidate.allowed.sort(key=expected.__getitem__, reverse=True)
        for name in candidate.allowed:
            inputs[f"worth.{name}"] = f"{expected[name]:.4f}"
    if preferred is not None:
        candidate.allowed.sort(key=lambda name: name != preferred)
    return OK, {"allowed": " ".join(candidate.allowed), "chosen": candidate.allowed[0], **inputs}


def frequency_cap(candidate: Candidate) -> Judgement | None:
    """On at least one channel there is room in every cap."""
    situation, action = candidate.situation, candidate.action
    caps, history = situation.limits.caps, _history(candidate)
    has_room = history.has_room(candidate.now, situation.policy.memory_ms)
    if not caps and has_room:
        return None
    inputs: dict[str, str] = {}
    full: set[str] = set()
    contacts, now = history.contacts, candidate.now
    for cap in caps:
        concerned = concerned_channels(cap, action, candidate.allowed)
        if concerned:
            count = counted(cap, contacts, now) if contacts else 0
            inputs[f"cap.{cap.id}"] = f"{count} of {cap.most}"
            if count >= cap.most:
                full.update(concerned)
    if not has_room:
        full.update(candidate.allowed)
        inputs["remembered"] = str(len(history.contacts))
    left = [name for name in candidate.allowed if name not in full]
    if not left and candidate.may_override(CAPS):
        return OK, {**inputs, "left": " ".join(candidate.allowed), _OVERRIDDEN: CAPS}
    candidate.allowed = left
    return (OK if left else "frequency_cap"), {**inputs, "left": " ".join(left)}


def quiet_hours(candidate: Candidate) -> Judgement | None:
    """It is not the customer's quiet hours; where they may end in time, it waits."""
    situation, now = candidate.situation, candidate.now
    hours, own = situation.limits.quiet_hours, own_quiet_hours(situation.facts)
    if hours is None and own is None:
        return None
    fallback = candidate.action.quiet_fallback or (hours.fallback if hours else None)
    unknown_zone = hours.unknown_zone if hours else ABORT
    if own is not None:
        hours = _with_own(hours, own)
    assert hours is not None
    inputs = {"now": str(now), **({"own": "yes"} if own is not None else {})}
    name = zone_name(situation.facts)
    zone = zone_of(name) if name is not None else None
    if zone is not None:
        inputs["zone"], zones = zone.key, [zone]
    else:
        named = hours.zones if unknown_zone == POLITE else ()
        zones = [one for one in map(zone_of, named) if one is not None]
        inputs["zone"] = "unknown"
    expires_at = candidate.moment["expires_at"]
    free_at = allowed_from(hours, zones, now) if zones else None
    if free_at == now:
        if not candidate.may_override(QUIET_HOURS):  # what may come by night need not be there before it
            candidate.deliver_until = allowed_until(hours, zones, now, expires_at)
        return OK, inputs
    if free_at is not None:
        inputs["quiet_until"] = str(free_at)
    if candidate.may_override(QUIET_HOURS):
        return OK, {**inputs, _OVERRIDDEN: QUIET_HOURS}
    if not zones:
        return "zone_unknown", inputs
    if fallback == ABORT:
        return "quiet_hours", inputs
    if free_at is None or free_at >= expires_at:
        return "quiet_until_expiry", inputs
    candidate.wait_until = free_at
    return "quiet_hours", {**inputs, "not_before": str(free_at)}


def capacity(candidate: Candidate) -> Judgement | None:
    """On at least one channel whoever carries it out has room."""
    channels, now = _history(candidate).channels, candidate.now
    full = {name: channels[name].full_until for name in candidate.allowed if name in channels}
    full = {name: until for name, until in full.items() if until > now}
    if not full:
        return None
    inputs = {f"full.{name}": str(until) for name, until in sorted(full.items())}
    left = [name for name in candidate.allowed if name not in full]
    if left:
        candidate.allowed = left
        return OK, {**inputs, "left": " ".join(left)}
    until = min(full.values())
    if until >= candidate.moment["expires_at"]:
        return "capacity", inputs
    candidate.wait_until = until
    return "capacity", {**inputs, "not_before": str(until)}


def sandbox(candidate: Candidate) -> Judgement | None:
    """The action rehearses: it goes on, but to nobody."""
    return (OK, {"sandbox": "yes"}) if candidate.action.sandbox else None


Step = tuple[str, Callable[[Candidate], Judgement | None]]

ELIGIBILITY: tuple[Step, ...] = (
    ("pause", pause),
    ("still_valid", still_valid),
    ("not_bought", not_bought),
    ("identity", identity),
    ("consent", consent),
    ("suppression", suppression),
    ("audience", audience),
    ("cool_down", cool_down),
    ("ask_use", ask_use),
    ("holdout", holdout),
)
"""Whether the candidate comes into question at all."""

CARRYING_OUT: tuple[Step, ...] = (
    ("channel", channel),
    ("frequency_cap", frequency_cap),
    ("quiet_hours", quiet_hours),
    ("capacity", capacity),
    ("sandbox", sandbox),
)
"""Whether, over which channel and when it can be carried out; made of who won."""


def run_checks(candidate: Candidate, steps: tuple[Step, ...]) -> str:
    """Judge the candidate; the checks made are added to its own, a failed one last.

    Returns:
        The first failed check's reason, or ``ok``.
    """
    for name, judge in steps:
        judgement = judge(candidate)
        if judgement is not None:
            reason, inputs = judgement
            candidate.checks.append({"name": name, "passed": reason == OK, "reason": reason, "inputs": inputs})
            if reason != OK:
                return reason
    return OK


@lru_cache(1024)
def _with_own(hours: QuietHours | None, own: QuietWindow) -> QuietHours:
    """The customer's own hours beside the firm's; the same object for the same ones, as its spells are known by it."""
    return replace(hours or QuietHours(()), windows=(*(hours.windows if hours else ()), own))


def _history(candidate: Candidate) -> History:
    return candidate.situation.state.history or _NOTHING
