"""The kill switch among the checks: what is paused is refused, recorded, and begins no cool-down."""

from __future__ import annotations

import pytest

from schemas import Decision, Trigger
from streams.outreach import ALL, BadPause, OutreachState, Pause, decide, parse_pause
from tests.outreach.test_decision import POLICY, T0, consenting, moment

PAUSED_ALL = {ALL: Pause(id=ALL, paused=True, reason="complaints", by="ann", at=T0 - 5)}
PAUSED_ONE = {"call.back": Pause(id="call.back", paused=True, at=T0 - 7)}


def decided(pauses: dict[str, Pause], state: OutreachState | None = None) -> tuple[Decision, Trigger | None]:
    return decide(POLICY, consenting("sms") if state is None else state, moment(), T0, None, pauses)


@pytest.mark.parametrize(
    ("pauses", "inputs"),
    [
        (PAUSED_ALL, {"paused": "all", "since": str(T0 - 5)}),
        (PAUSED_ONE, {"paused": "call.back", "since": str(T0 - 7)}),
        (PAUSED_ALL | PAUSED_ONE, {"paused": "all", "since": str(T0 - 5)}),
    ],
)
def test_what_is_paused_is_refused_by_the_first_check(pauses: dict[str, Pause], inputs: dict[str, str]) -> None:
    decision, trigger = decided(pauses)
    assert (decision["status"], decision["reason"], trigger) == ("refused", "paused", None)
    assert decision["checks"] == [{"name": "pause", "passed": False, "reason": "paused", "inputs": inputs}]


def test_a_pause_of_another_action_changes_nothing() -> None:
    assert decided({"gift": Pause(id="gift", paused=True)})[0]["status"] == "triggered"


def test_a_refused_contact_begins_no_cool_down() -> None:
    state = consenting("sms")
    decided(PAUSED_ALL, state)
    assert decided({}, state)[0]["status"] == "triggered"


def test_a_pause_is_what_its_text_says() -> None:
    pause = PAUSED_ALL[ALL]
    assert parse_pause(pause.text(), "here") == pause


def test_a_later_versions_fields_are_passed_over() -> None:
    assert parse_pause('{"id": "*", "paused": true, "until": 5}', "here") == Pause(id="*", paused=True)


@pytest.mark.parametrize("text", ["", "id: '*'", "[]", '{"id": "*"}', '{"id": "*", "paused": 1}'])
def test_a_text_that_is_no_pause_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(BadPause, match=r"^here: .*; throw the switch with `momentous outreach`$"):
        parse_pause(text, "here")
