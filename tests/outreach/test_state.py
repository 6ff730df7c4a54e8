"""What the policy remembers of a customer, and when it lets go."""

from __future__ import annotations

import msgspec

from streams.outreach import OpenMoment, OutreachState
from streams.outreach.state import OPEN_MOMENTS, RESOLUTIONS, RESOLUTIONS_KEPT_MS

T0 = 1_795_422_600_000
DAY = 86_400_000


def open_moment(number: int, expires_at: int = T0 + DAY) -> OpenMoment:
    """An open moment, told apart by its id."""
    return OpenMoment(
        moment_id=f"m{number}",
        rule="queue.abandoned",
        rule_version=1,
        emotion="stressed",
        intensity=0.5,
        correlation_id=None,
        opened_at=T0,
        evident_at=T0,
        expires_at=expires_at,
        mode="live",
    )


def test_a_new_customer_is_idle() -> None:
    assert OutreachState().is_idle()


def test_of_too_many_open_moments_the_oldest_go() -> None:
    state = OutreachState()
    for number in range(OPEN_MOMENTS + 2):
        state.open_moment(open_moment(number))
    assert [moment.moment_id for moment in state.open] == [f"m{number}" for number in range(2, OPEN_MOMENTS + 2)]


def test_pruning_lets_go_of_what_is_over_and_keeps_consent() -> None:
    state = OutreachState()
    state.note_consent("consent.given", "care", "sms", 0)
    state.cooling = {"over": T0, "running": T0 + 1}
    state.open = [open_moment(1, T0), open_moment(2, T0 + 1)]
    state.note_resolution("a.b", T0 - RESOLUTIONS_KEPT_MS, None)
    state.note_resolution("c.d", T0 - RESOLUTIONS_KEPT_MS + 1, None)
    state.prune(T0)
    assert (
        list(state.cooling),
        [moment.moment_id for moment in state.open],
        list(state.resolutions),
        list(state.consents),
    ) == (["running"], ["m2"], ["c.d"], ["care sms"])


def test_with_nothing_but_what_is_over_it_is_idle_after_pruning() -> None:
    state = OutreachState()
    state.cooling = {"over": T0}
    state.open = [open_moment(1, T0)]
    state.note_resolution("a.b", T0 - RESOLUTIONS_KEPT_MS, "k")
    state.prune(T0)
    assert state.is_idle()


def test_consent_is_never_idle() -> None:
    state = OutreachState()
    state.note_consent("consent.withdrawn", "care", "sms", 0)
    state.prune(T0 + 10_000 * DAY)
    assert not state.is_idle()


def test_a_resolution_counts_for_its_correlation_and_one_without_for_all() -> None:
    state = OutreachState()
    state.note_resolution("a.b", T0, "k")
    assert [state.resolved_at("a.b", "k"), state.resolved_at("a.b", "l"), state.resolved_at("c.d", "k")] == [
        T0,
        None,
        None,
    ]
    state.note_resolution("a.b", T0 - 1, None)
    assert [state.resolved_at("a.b", "k"), state.resolved_at("a.b", "l")] == [T0, T0 - 1]


def test_the_newest_resolution_counts_whatever_the_order_they_came_in() -> None:
    state = OutreachState()
    for occurred_at in (T0, T0 + 5, T0 - 5):
        state.note_resolution("a.b", occurred_at, "k")
    assert state.resolved_at("a.b", "k") == T0 + 5


def test_resolutions_are_bounded() -> None:
    state = OutreachState()
    for number in range(RESOLUTIONS + 3):
        state.note_resolution("a.b", T0 + number, f"k{number}")
    assert len(state.resolutions["a.b"]) == RESOLUTIONS


def test_it_comes_back_from_its_bytes_as_it_was() -> None:
    state = OutreachState()
    state.note_consent("consent.given", "care", "sms", T0)
    state.cooling = {"call.back": T0 + DAY}
    state.open_moment(open_moment(1))
    state.note_resolution("a.b", T0, None)
    data = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(data, type=OutreachState) == state
