"""What a partition counts by kind and reason, and how it stays right across restarts and undone records."""

from __future__ import annotations

from streams.customer.tallies import MOST_TALLIES, Tallies
from tests.customer.log import HOUR, HUNG_UP, MINUTE, POLICY, SECOND, SILENCE, T0, Log, changes, played, restored


def log_with_rules() -> Log:
    log = Log()
    log.rule(T0, HUNG_UP, SILENCE, POLICY)
    return log


def test_moments_decisions_and_dead_letters_are_counted_by_reason() -> None:
    log = log_with_rules()
    log.touchpoint(T0, "queue.abandoned", "c1")
    log.touchpoint(T0 + SECOND, "queue.abandoned", "c2", identified=False)
    log.touchpoint(T0 + MINUTE, "agent.connected", "c1")
    log.raw(T0 + MINUTE, b"?")
    assert played(log).partition.tallies == {
        "moment:queue.abandoned": 2,
        "resolved:queue.abandoned": 1,
        "decision:refused:consent_none": 1,
        "decision:refused:anonymous": 1,
        "dead_letter:wrong_magic_byte": 1,
    }


def test_they_go_on_after_a_restart() -> None:
    log = log_with_rules()
    log.touchpoint(T0, "queue.abandoned")
    changelog = changes(played(log).partition)
    log.touchpoint(T0 + SECOND, "queue.abandoned")
    assert restored(changelog).play(log.records[-1:]).partition.tallies["moment:queue.abandoned"] == 2


def test_beyond_the_bound_a_new_name_is_counted_as_other() -> None:
    tallies = Tallies()
    for number in range(MOST_TALLIES + 2):
        tallies.dead_letter(f"r{number}")
    tallies.dead_letter("r0")
    assert (len(tallies), tallies["dead_letter:other"], tallies["dead_letter:r0"]) == (MOST_TALLIES + 1, 2, 2)


# -- sequences under way ----------------------------------------------------------------------------


def test_sequences_under_way_are_counted_when_changes_are_taken() -> None:
    log = log_with_rules()
    log.touchpoint(T0, "flow.started", "c1", correlation_id="f1")
    log.touchpoint(T0, "flow.started", "c1", correlation_id="f2")
    log.touchpoint(T0, "flow.started", "c2", correlation_id="f3")
    outcome = played(log)
    changes(outcome.partition)
    assert outcome.partition.matches == 3


def test_a_sequence_that_ended_is_no_longer_counted_also_after_a_restart() -> None:
    log = log_with_rules()
    log.touchpoint(T0, "flow.started", "c1", correlation_id="f1")
    log.touchpoint(T0, "flow.started", "c2", correlation_id="f3")
    changelog = changes(played(log).partition)
    log.touchpoint(T0 + SECOND, "flow.completed", "c1", correlation_id="f1")
    again = restored(changelog).play(log.records[-1:])
    before = again.partition.matches
    changes(again.partition)
    assert (before, again.partition.matches) == (2, 1)


# -- lateness ---------------------------------------------------------------------------------------


def test_how_late_a_deadline_fired_is_the_append_time_beyond_it() -> None:
    log = log_with_rules()
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    log.tick(T0 + 10 * MINUTE + 70)
    assert list(played(log).partition.lateness) == [70]


def test_of_a_history_no_lateness_is_kept() -> None:
    log = log_with_rules()
    log.history(T0, T0, T0 + HOUR)
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    log.closing_tick(T0, T0 + HOUR)
    outcome = played(log)
    assert (len(outcome.moments), list(outcome.partition.lateness)) == (1, [])
