"""What came of a contact, followed once through the whole core under all that is shipped: caps, channel choice,
fatigue and emotional levels each take it in by the contact's own ``trigger_id``."""

from __future__ import annotations

from streams.definition_files import shipped_definitions
from tests.customer.log import DAY, HOUR, MINUTE, T0, Log, Outcome, played


def begun() -> Log:
    """A customer in Vienna who may be told of care by text, e-mail and push; it is half past nine on a Monday."""
    log = Log()
    for definition in shipped_definitions():
        log.control(T0 - HOUR, definition.control)
    log.touchpoint(T0 - HOUR, "profile.set", time_zone="Europe/Vienna")
    for channel in ("sms", "email", "push"):
        log.consent(T0 - HOUR, "consent.given", channel=channel)
    return log


def waited_long(log: Log, at: int) -> None:
    log.touchpoint(at, "agent.connected", wait_seconds=400)


def hung_up(log: Log, at: int) -> None:
    log.touchpoint(at, "queue.abandoned", wait_seconds=100)


def could_not_pay(log: Log, at: int) -> None:
    """Found an hour after the first failure."""
    log.touchpoint(at - HOUR, "payment.failed")
    log.touchpoint(at - HOUR + 1, "payment.failed")
    log.tick(at)


def report(log: Log, at: int, outcome: str, nth: int, **more: object) -> None:
    """What came of the contact so far made as number ``nth``, 0 the first."""
    log.touchpoint(at, f"outreach.{outcome}", trigger_id=played(log).triggers[nth]["trigger_id"], **more)


def contacts(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one["action"], one["channel"]) for one in outcome.triggers]


def reasons(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one["action"], one["reason"]) for one in outcome.decisions]


def two_contacts() -> Log:
    log = begun()
    waited_long(log, T0)
    hung_up(log, T0 + HOUR)
    return log


def test_two_contacts_a_day_are_enough() -> None:
    log = two_contacts()
    could_not_pay(log, T0 + 4 * HOUR)
    assert reasons(played(log)) == [
        ("wait.apology", "ok"), ("call.back", "ok"), ("payment.help", "frequency_cap"),
    ]  # fmt: skip


def test_one_that_bounced_was_none_and_leaves_room_for_another() -> None:
    log = two_contacts()
    report(log, T0 + 2 * HOUR, "bounced", 0)
    could_not_pay(log, T0 + 4 * HOUR)
    assert reasons(played(log))[-1] == ("payment.help", "ok")


def test_where_a_text_came_back_for_good_the_next_one_goes_by_e_mail() -> None:
    log = begun()
    waited_long(log, T0)
    report(log, T0 + MINUTE, "bounced", 0, hard=True)
    could_not_pay(log, T0 + 4 * HOUR)
    assert contacts(played(log)) == [("wait.apology", "sms"), ("payment.help", "email")]


def test_where_texts_are_never_answered_and_cost_the_next_one_goes_by_e_mail() -> None:
    log = begun()
    waited_long(log, T0)
    report(log, T0 + MINUTE, "delivered", 0)
    hung_up(log, T0 + HOUR)
    report(log, T0 + HOUR + MINUTE, "refused", 1)
    could_not_pay(log, T0 + 2 * DAY)
    assert contacts(played(log))[-1] == ("payment.help", "email")


def test_who_ignores_two_is_tired_of_hearing_from_us() -> None:
    log = two_contacts()
    report(log, T0 + 2 * HOUR, "ignored", 0)
    assert "outreach.fatigue" not in [one["rule"] for one in played(log).moments]
    report(log, T0 + 3 * HOUR, "ignored", 1)
    assert played(log).moments[-1]["rule"] == "outreach.fatigue"


def test_one_that_is_complained_about_frustrates_by_its_weight() -> None:
    log = two_contacts()
    report(log, T0 + 2 * HOUR, "complained", 0)
    moved = played(log).emotions[-1]
    assert (moved["emotion"], moved["cause"]) == ("frustrated", "outcome")
    assert round(moved["level_after"] - moved["level_before"], 6) == 1.0


def test_one_that_solved_the_matter_takes_stress_away() -> None:
    log = two_contacts()
    report(log, T0 + 2 * HOUR, "resolved", 0)
    moved = {one["emotion"]: one["level_after"] - one["level_before"] for one in played(log).emotions[-6:]}
    assert round(moved["stressed"], 6) == -0.5
