"""Why a contact was made, was not made or waits: every reason and every check in plain words. Pure.

A reason or check that is not here stands in a story as its bare name, and a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Inputs = Mapping[str, str]
"""What a check looked at, by name; instants are ms UTC as text."""

Instant = Callable[[str], str]
"""Makes an instant (ms UTC as text) one for people."""

REASON_WORDS = {
    "ok": "every check passed",
    "no_action": "the policy has no answer to it",
    "paused": "outreach is paused",
    "shadow": "the rule is only being watched",
    "expired": "it is too late to help",
    "resolved": "the matter is resolved",
    "anonymous": "nobody knows who it is",
    "consent_none": "no consent was ever given",
    "consent_denied": "consent was denied",
    "consent_withdrawn": "the consent was withdrawn",
    "cool_down": "the same was offered not long ago",
}
"""By reason, as the rest of a sentence that begins with what was not done."""


def reason_words(reason: str) -> str:
    """The reason in plain words, or as it stands."""
    return REASON_WORDS.get(reason, reason)


def _pause(inputs: Inputs, passed: bool, at: Instant) -> str:
    if passed:
        return "outreach is not paused"
    what = "all outreach" if inputs["paused"] == "all" else f"the action {inputs['paused']}"
    return f"{what} is paused since {at(inputs['since'])}"


def _still_valid(inputs: Inputs, passed: bool, at: Instant) -> str:
    if inputs["mode"] != "live":
        return f"the rule rehearses (mode {inputs['mode']}): nobody is contacted"
    if "resolved_at" in inputs:
        return f"the matter was resolved at {at(inputs['resolved_at'])}"
    if passed:
        return f"at {at(inputs['now'])} there was still time until {at(inputs['expires_at'])}"
    return f"it was {at(inputs['now'])}, and an answer helps only until {at(inputs['expires_at'])}"


def _identity(inputs: Inputs, passed: bool, at: Instant) -> str:
    return (
        "the customer is known" if inputs["identified"] == "true" else "the customer is a stand-in, nobody to contact"
    )


def _consent(inputs: Inputs, passed: bool, at: Instant) -> str:
    answers = [f"{name.removeprefix('consent.')} {answer}" for name, answer in inputs.items() if "." in name]
    return f"consent for {inputs['purpose']}: {', '.join(answers) or 'on no channel'}"


def _cool_down(inputs: Inputs, passed: bool, at: Instant) -> str:
    if "until" not in inputs:
        return "the same was not offered lately"
    if passed:
        return f"the pause since the last one ended at {at(inputs['until'])}"
    return f"the same was offered lately; not again before {at(inputs['until'])}"


def _channel(inputs: Inputs, passed: bool, at: Instant) -> str:
    return f"{inputs['chosen']}, out of {inputs['allowed']}"


CHECK_WORDS: dict[str, Callable[[Inputs, bool, Instant], str]] = {
    "pause": _pause,
    "still_valid": _still_valid,
    "identity": _identity,
    "consent": _consent,
    "cool_down": _cool_down,
    "channel": _channel,
}
"""By check: its inputs and result as a sentence without its full stop."""


def check_words(name: str, inputs: Inputs, passed: bool, at: Instant) -> str:
    """A check in plain words; one that is not known here, or lacks an input, as its names and values."""
    words = CHECK_WORDS.get(name)
    if words is not None:
        try:
            return words(inputs, passed, at)
        except KeyError:
            pass  # written by another version
    named = ", ".join(f"{key} {value}" for key, value in sorted(inputs.items()))
    return named or ("nothing against it" if passed else "against it")
