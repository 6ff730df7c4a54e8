"""What runs beside the rule where the history is Kafka's: what its log says is active."""

from __future__ import annotations

from pathlib import Path

from schemas import Codec
from streams.backtest import active_definitions, choose
from streams.controls import ACTIVATE, PUBLISH, RETIRE, SHADOW, activation, throw_switch
from streams.customer.definitions import Definitions
from streams.live_changes import known_definitions, send_changes
from streams.outreach import Pause
from streams.settings import Settings
from tests.backtest.small_history import NEW, OLD, OTHER, POLICY


def defined(*changes: tuple[str, str, int, str, str]) -> Definitions:
    """What is so after these changes: kind, id, version, text, change."""
    made = Definitions()
    for change in changes:
        carried = activation(*change)["activation"]
        assert carried is not None
        made.activate(carried)
    return made


def test_the_present_version_is_the_one_that_is_active(folder: Path) -> None:
    log = defined(("rule", "wait.long", 1, OLD, ACTIVATE), ("rule", "wait.long", 2, NEW, PUBLISH))
    choice = choose(str(folder / "new.yaml"), None, [], active_definitions(log))
    assert choice.present is not None
    assert (choice.present.rule.version, choice.present.filename) == (1, "wait.long v1 (active)")


def test_what_was_retired_neither_runs_nor_is_compared_with(folder: Path) -> None:
    log = defined(
        ("policy", "outreach", 3, POLICY, ACTIVATE),
        ("rule", "wait.long", 1, OLD, ACTIVATE),
        ("rule", "wait.long", 1, OLD, RETIRE),
    )
    choice = choose(str(folder / "new.yaml"), None, [], active_definitions(log))
    assert choice.why_alone == "no rule wait.long runs at present"
    assert [one.id for one in choice.beside] == ["outreach", "emotions"]


def test_a_rule_in_shadow_stays_in_shadow(folder: Path) -> None:
    log = defined(("rule", "call.lost", 1, OTHER, SHADOW))
    choice = choose(str(folder / "new.yaml"), None, [], active_definitions(log))
    assert choice.together(choice.candidate).modes() == {"rule call.lost": "shadow"}


def test_a_pause_is_no_part_of_a_backtest() -> None:
    log = Definitions()
    carried = throw_switch(Pause(id="*", paused=True))["activation"]
    assert carried is not None
    log.activate(carried)
    assert active_definitions(log) == []


def test_it_says_where_what_runs_beside_is_from(folder: Path) -> None:
    log = defined(("rule", "call.lost", 1, OTHER, ACTIVATE), ("policy", "outreach", 3, POLICY, ACTIVATE))
    origins = [choose(str(folder / "new.yaml"), None, [], active_definitions(one)).origin for one in (log, defined())]
    assert origins == ["what is active in Kafka, and the shipped emotions", "what is shipped"]
    assert choose(str(folder / "new.yaml"), None, [folder / "now"]).origin.startswith("the files of --rules")


def test_what_was_sent_to_a_real_log_is_what_it_is_compared_with(topics: Settings, folder: Path) -> None:
    send_changes(topics, Codec(), [activation("rule", "wait.long", 1, OLD)])
    active = active_definitions(known_definitions(topics, Codec()))
    choice = choose(str(folder / "new.yaml"), None, [], active)
    assert choice.present is not None
    assert choice.present.text == OLD
