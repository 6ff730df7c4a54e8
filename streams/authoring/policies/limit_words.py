"""Limits of a policy in plain sentences."""

from __future__ import annotations

from streams.authoring.condition_words import duration_words, joined
from streams.outreach.policy import (
    ABORT,
    NEXT_AVAILABLE,
    AskUse,
    Cap,
    Holdout,
    Limits,
    QuietHours,
    QuietWindow,
    Suppression,
)
from streams.outreach.policy_words import ACTION_CLASSES, minute_text
from streams.outreach.quiet_hours_reader import WEEKDAYS

_KINDS = {None: "contacts", "service": "service contacts", "promotional": "promotional contacts"}


def limits_sentences(limits: Limits) -> list[str]:
    """What holds contacts back, one sentence each."""
    lines = [cap_sentence(cap) for cap in limits.caps] or ["No number of contacts is too many."]
    lines += quiet_sentences(limits.quiet_hours) if limits.quiet_hours else ["No hour is quiet."]
    lines += [ask_use_sentence(limits.ask_use)] if limits.ask_use else []
    return [*lines, f"Never {joined(limits.without, 'or')}."] if limits.without else lines


def cap_sentence(cap: Cap) -> str:
    """As ``At most 3 contacts by sms in any 7 days (cap 'sms.week').``"""
    where = f" by {cap.channel}" if cap.channel else ""
    why = f" for {cap.purpose}" if cap.purpose else ""
    many = _KINDS[cap.action_class] if cap.most != 1 else _KINDS[cap.action_class].removesuffix("s")
    return f"At most {cap.most} {many}{where}{why} in any {duration_words(cap.within)} (cap '{cap.id}')."


def quiet_sentences(hours: QuietHours) -> list[str]:
    """When it is quiet, what becomes of contacts then, and how those of an unknown zone are treated."""
    lines = [f"Quiet {_window(window)}, by the customer's own clock." for window in hours.windows]
    if hours.holidays:
        lines.append(f"Quiet all day on {joined(sorted(hours.holidays))}.")
    waits = {
        NEXT_AVAILABLE: "A contact that falls into quiet hours waits for their end and is then judged anew.",
        ABORT: "A contact that falls into quiet hours is not made.",
    }
    lines.append(waits[hours.fallback])
    if hours.unknown_zone == ABORT or not hours.zones:
        lines.append("Customers whose time zone nobody knows are not contacted.")
    else:
        lines.append(f"Where nobody knows the time zone, it must be no quiet hour in any of {joined(hours.zones)}.")
    return lines


def ask_use_sentence(ask_use: AskUse) -> str:
    """How often the firm may ask against how often the customer uses."""
    least = f"; the first {ask_use.least_asks} are never too many" if ask_use.least_asks else ""
    contacts = "contact" if ask_use.most == 1 else "contacts"
    return (
        f"At most {ask_use.most:g} {contacts} for each use ({joined(ask_use.uses, 'or')}) "
        f"in any {duration_words(ask_use.within)}{least}."
    )


def suppression_sentence(one: Suppression) -> str:
    """Whom a list keeps out of what."""
    what = "nothing" if set(one.classes) == set(ACTION_CLASSES) else f"no {one.classes[0]} contact"
    where = f" by {joined(one.channels, 'or')}" if one.channels else ""
    return f"Who is on list '{one.list}' gets {what}{where}."


def holdout_words(holdout: Holdout) -> str:
    """As ``5% of customers, the same for as long as the salt 'outreach' stays``."""
    return f"{holdout.percent:g}% of customers, the same for as long as the salt '{holdout.salt}' stays"


def _window(window: QuietWindow) -> str:
    days = (
        ""
        if len(window.weekdays) == len(WEEKDAYS)
        else f"on {joined([WEEKDAYS[day] for day in sorted(window.weekdays)])} "
    )
    if (window.start, window.end) == (0, 1_440):
        return f"{days}all day"
    next_day = " of the next day" if window.end <= window.start else ""
    return f"{days}from {minute_text(window.start)} to {minute_text(window.end)}{next_day}"
