"""Why a contact was made, was not made or waits: every reason and every check in plain words. Pure.

A reason or check that is not here stands in a story as its bare name, and a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from streams.telling.instants import Instants

REASON_WORDS = {
    "ok": "every check passed",
    "no_action": "the policy has no answer to it",
    "paused": "outreach is paused",
    "shadow": "the rule is only being watched",
    "expired": "it is too late to help",
    "resolved": "the matter is resolved",
    "bought": "it has been bought already",
    "anonymous": "nobody knows who it is",
    "consent_none": "no consent was ever given",
    "consent_denied": "consent was denied",
    "consent_withdrawn": "the consent was withdrawn",
    "suppressed": "the customer is on a suppression list",
    "not_for_them": "customers like this one never get it",
    "cool_down": "the same was offered not long ago",
    "ask_use": "we ask more often than the customer uses what we offer",
    "holdout": "the customer is in the control group",
    "outranked": "something else mattered more",
    "arbitration_wait": "it waits for what else may come up",
    "unreachable": "what was sent before came back on every channel",
    "frequency_cap": "there were enough contacts already",
    "quiet_hours": "the customer is not to be disturbed at that hour",
    "quiet_until_expiry": "the quiet hours end too late for it",
    "zone_unknown": "nobody knows what time it is where the customer is",
    "capacity": "whoever would carry it out has no room",
    "too_many_waiting": "too many contacts wait for this customer already",
}
"""By reason, as the rest of a sentence that begins with what was not done."""

CHANNEL_WORDS = {
    "sms": "SMS",
    "email": "e-mail",
    "ivr": "IVR",
    "voice": "phone call",
    "push": "push message",
    "contact_centre": "contact centre",
}


class Looked(NamedTuple):
    """A check as it was made: its result, and what it looked at, by name; instants are ms UTC as text."""

    reason: str
    inputs: Mapping[str, str]
    at: Instants

    @property
    def passed(self) -> bool:
        """Whether it stood in the way of nothing."""
        return self.reason == "ok"


def reason_words(reason: str) -> str:
    """The reason in plain words, or as it stands."""
    return REASON_WORDS.get(reason, reason)


def channel_words(channel: str) -> str:
    """The channel as people call it."""
    return CHANNEL_WORDS.get(channel, channel)


def check_words(name: str, looked: Looked) -> str:
    """A check in plain words, without a full stop; one of another version as its names and values."""
    words = CHECK_WORDS.get(name)
    if words is None:
        return _bare(looked)
    try:
        told = words(looked)
    except KeyError:  # an input of this version is missing
        return _bare(looked)
    if looked.reason == "too_many_waiting":
        told += f"; it would have to wait, and {looked.inputs.get('waiting', 'too many')} wait already"
    if "overridden" in looked.inputs:
        told += f"; that did not stop it, since its action may pass over {_spaced(looked.inputs['overridden'])}"
    return told


def _pause(looked: Looked) -> str:
    what = looked.inputs["paused"]
    if what == "no":
        return "outreach was not paused"
    whole = "all outreach" if what == "all" else f"the action {what}"
    return f"{whole} is paused since {looked.at.full(looked.inputs['since'])}"


def _still_valid(looked: Looked) -> str:
    inputs, at = looked.inputs, looked.at
    now, end = at.full(inputs["now"]), at.full(inputs["expires_at"])
    if inputs.get("mode", "live") != "live":
        return f"the rule rehearses (mode {inputs['mode']}), so nobody is contacted; it was {now}, good until {end}"
    if "resolved_at" in inputs:
        return f"the matter was resolved at {at.full(inputs['resolved_at'])}; it was {now}, good until {end}"
    return f"it was {now}, and an answer helps until {end}"


def _not_bought(looked: Looked) -> str:
    inputs, at = looked.inputs, looked.at
    if "bought_at" not in inputs:
        return f"the product {inputs['product_id']} was not bought lately"
    days = int(inputs["within"]) / 86_400_000
    return (
        f"the product {inputs['product_id']} was bought at {at.full(inputs['bought_at'])}; "
        f"at {at.full(inputs['now'])} the last {days:g} days counted"
    )


def _identity(looked: Looked) -> str:
    return "we know who it is" if looked.inputs["identified"] == "true" else "we do not know who it is"


def _consent(looked: Looked) -> str:
    answers = [
        f"{channel_words(name.removeprefix('consent.'))} {answer}"
        for name, answer in looked.inputs.items()
        if name.startswith("consent.")
    ]
    return f"consent for {looked.inputs['purpose']}: {', '.join(answers) or 'no channel was left to ask for'}"


def _suppression(looked: Looked) -> str:
    lists, left = looked.inputs["lists"], _channels(looked.inputs["left"])
    if not lists:
        return f"on no suppression list that matters here; left: {left}"
    return f"on the suppression list {lists.replace(' ', ', ')}; left: {left}"


def _audience(looked: Looked) -> str:
    who = looked.inputs["limits"]
    whose = "everybody's limits hold" if who == "everybody" else f"the limits of {who} hold"
    return whose if looked.passed else f"{whose}, and they leave this action out"


def _cool_down(looked: Looked) -> str:
    if "until" not in looked.inputs:
        return "the same was not offered lately"
    until, now = looked.at.full(looked.inputs["until"]), looked.at.full(looked.inputs["now"])
    if looked.passed:
        return f"the same may be offered again since {until}; it was {now}"
    return f"the same was offered lately and may not be again before {until}; it was {now}"


def _ask_use(looked: Looked) -> str:
    inputs = looked.inputs
    return (
        f"{inputs['asks']} times asked, {inputs['uses']} times used; at most {inputs['most']} asks for each use, "
        f"once there are {inputs['least_asks']}"
    )


def _holdout(looked: Looked) -> str:
    groups = {"global": "the global control group", "action": "the action's control group"}
    told = [
        f"{'in' if looked.inputs[scope] == 'holdout' else 'not in'} {group}"
        for scope, group in groups.items()
        if scope in looked.inputs
    ]
    kind = "left alone so that the effect can be told" if looked.inputs["group"] == "holdout" else "treated"
    return f"{', '.join(told)}: {kind}"


def _arbitration(looked: Looked) -> str:
    inputs = looked.inputs
    if "not_before" in inputs:
        return (
            f"worth {inputs['score']}, it waits until {looked.at.full(inputs['not_before'])} for what else may come up"
        )
    ours = f"worth {inputs['score']} among {inputs['competitors']}"
    if looked.passed:
        return f"{ours}, it won ({inputs['winner']}, moment {inputs['winner_moment']}, {inputs['winner_score']})"
    winner = f"{inputs['winner']} with {inputs['winner_score']}, for moment {inputs['winner_moment']}"
    return f"{ours}, it came after {winner}"


def _channel(looked: Looked) -> str:
    inputs = looked.inputs
    lost = f"nothing arrives any more by {_channels(inputs['lost'])}" if inputs.get("lost") else ""
    if not inputs["allowed"]:
        return lost or "no channel was left"
    told = f"{channel_words(inputs['chosen'])}, out of {_channels(inputs['allowed'])}"
    if "preferred" in inputs:
        told += f"; the customer prefers {channel_words(inputs['preferred'])}"
    worth = [
        f"{channel_words(name.removeprefix('worth.'))} {value}"
        for name, value in inputs.items()
        if name.startswith("worth.")
    ]
    if worth:
        told += f"; expected of each: {', '.join(worth)}"
    return f"{told}; {lost}" if lost else told


def _frequency_cap(looked: Looked) -> str:
    inputs = looked.inputs
    counts = [f"{name.removeprefix('cap.')} {count}" for name, count in inputs.items() if name.startswith("cap.")]
    if "remembered" in inputs:
        counts.append(f"{inputs['remembered']} contacts, as many as can be counted")
    return f"{', '.join(counts) or 'no cap concerns it'}; left: {_channels(inputs['left'])}"


def _quiet_hours(looked: Looked) -> str:
    inputs, at = looked.inputs, looked.at
    now = inputs["now"]
    place = "; the customer's zone is unknown" if inputs["zone"] == "unknown" else ""
    own = ", by the customer's own quiet hours too" if "own" in inputs else ""
    quiet_until = inputs.get("quiet_until")
    if quiet_until is None:
        free = "no quiet hour" if looked.passed else "no hour surely polite"
        return f"it was {at.time(now)}, {free}{own}{place}"
    told = f"it was {at.time(now)}, quiet until {at.after(quiet_until, now)}{own}{place}"
    if inputs.get("not_before", quiet_until) != quiet_until:
        told += f"; it waits until {at.after(inputs['not_before'], now)}"
    return f"{told}, which is too late for it" if looked.reason == "quiet_until_expiry" else told


def _capacity(looked: Looked) -> str:
    inputs, at = looked.inputs, looked.at
    full = [
        f"{channel_words(name.removeprefix('full.'))} until {at.full(until)}"
        for name, until in inputs.items()
        if name.startswith("full.")
    ]
    told = f"no room for {', '.join(full)}"
    if "left" in inputs:
        return f"{told}; left: {_channels(inputs['left'])}"
    return f"{told}; it waits until {at.full(inputs['not_before'])}" if "not_before" in inputs else told


def _sandbox(looked: Looked) -> str:
    return f"a rehearsal (sandbox: {looked.inputs['sandbox']}): nobody was contacted"


CHECK_WORDS: dict[str, Callable[[Looked], str]] = {
    "pause": _pause,
    "still_valid": _still_valid,
    "not_bought": _not_bought,
    "identity": _identity,
    "consent": _consent,
    "suppression": _suppression,
    "audience": _audience,
    "cool_down": _cool_down,
    "ask_use": _ask_use,
    "holdout": _holdout,
    "arbitration": _arbitration,
    "channel": _channel,
    "frequency_cap": _frequency_cap,
    "quiet_hours": _quiet_hours,
    "capacity": _capacity,
    "sandbox": _sandbox,
}
"""By check: its result and inputs as a sentence without its full stop."""


def _channels(names: str) -> str:
    return ", ".join(channel_words(name) for name in names.split()) or "none"


def _spaced(names: str) -> str:
    return names.replace("_", " ")


def _bare(looked: Looked) -> str:
    named = ", ".join(f"{name} {value}" for name, value in sorted(looked.inputs.items()))
    return named or reason_words(looked.reason)
