"""One line of the policy broken each: the referee must notice every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streams.outreach import checks, hearing
from streams.outreach import decision as decisions
from streams.outreach.contact import Contact
from streams.outreach.history import History
from streams.outreach.state import OutreachState

_CHECKS = (
    "still_valid",
    "not_bought",
    "identity",
    "consent",
    "suppression",
    "audience",
    "cool_down",
    "ask_use",
    "holdout",
    "frequency_cap",
    "quiet_hours",
)


def _skip(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        for order in ("ELIGIBILITY", "CARRYING_OUT"):
            steps = tuple(step for step in getattr(checks, order) if step[0] != name)
            patch.setattr(decisions, order, steps)

    return break_it


def _forget_contacts_in_restarts(patch: pytest.MonkeyPatch) -> None:
    from streams.customer import customers

    whole = customers.decode_customer

    def forgetful(data: bytes) -> Any:
        customer = whole(data)
        if customer.outreach.history is not None:
            customer.outreach.history.contacts = []
        return customer

    patch.setattr(customers, "decode_customer", forgetful)


def _forget_waiting_in_restarts(patch: pytest.MonkeyPatch) -> None:
    from streams.customer import customers

    whole = customers.decode_customer

    def forgetful(data: bytes) -> Any:
        customer = whole(data)
        if customer.outreach.history is not None:
            customer.outreach.history.waiting = []
        return customer

    patch.setattr(customers, "decode_customer", forgetful)


def _never_take_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Contact, "is_open", lambda self, clock: False)


def _count_inclusively(patch: pytest.MonkeyPatch) -> None:
    whole = checks.counted
    patch.setattr(checks, "counted", lambda cap, contacts, now: max(0, whole(cap, contacts, now) - 1))


def _count_what_bounced(patch: pytest.MonkeyPatch) -> None:
    from streams.outreach import caps

    patch.setattr(caps, "VOID", -1)


def _release_without_deciding(patch: pytest.MonkeyPatch) -> None:
    whole = History.release

    def lossy(self: History, due: int) -> Any:
        return whole(self, due)[:0]

    patch.setattr(History, "release", lossy)


def _consent_by_arrival(patch: pytest.MonkeyPatch) -> None:
    whole = OutreachState.note_consent

    def by_arrival(self: OutreachState, kind: str, purpose: object, channel: object, occurred_at: int) -> bool:
        self.consents.pop(f"{purpose} {channel}", None)
        return whole(self, kind, purpose, channel, occurred_at)

    patch.setattr(OutreachState, "note_consent", by_arrival)


def _everybody_wins(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decisions._Round, "_outrank", lambda self, one, winner, many: self._close(one, "ok"))


def _zone_of_the_machine(patch: pytest.MonkeyPatch) -> None:
    from streams.outreach.quiet_hours import zone_of

    patch.setattr(checks, "zone_of", lambda name: zone_of("UTC"))


def _deaf_to_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(History, "note_list", lambda *given: None)


def _deaf_to_bounces(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(hearing, "_NEVER_WAS", ())


def _remember_rehearsals(patch: pytest.MonkeyPatch) -> None:
    whole = decisions._trigger

    def remembering(candidate: Any, decision: Any) -> Any:
        trigger = whole(candidate, decision)
        if candidate.action.sandbox:
            decisions._remember(candidate, trigger)
        return trigger

    patch.setattr(decisions, "_trigger", remembering)


def _pass_rehearsals_off(patch: pytest.MonkeyPatch) -> None:
    whole = decisions._trigger
    patch.setattr(decisions, "_trigger", lambda candidate, decision: {**whole(candidate, decision), "sandbox": False})


SABOTAGES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{f"no {name}": _skip(name) for name in _CHECKS},
    "contacts forgotten in a restart": _forget_contacts_in_restarts,
    "waiting candidates forgotten in a restart": _forget_waiting_in_restarts,
    "nothing taken back": _never_take_back,
    "one more than the cap": _count_inclusively,
    "what came back counts": _count_what_bounced,
    "released and not decided": _release_without_deciding,
    "consent by arrival": _consent_by_arrival,
    "everybody wins": _everybody_wins,
    "a zone of the machine": _zone_of_the_machine,
    "deaf to suppression lists": _deaf_to_lists,
    "deaf to bounces": _deaf_to_bounces,
    "rehearsals count": _remember_rehearsals,
    "rehearsals are passed off as real": _pass_rehearsals_off,
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The policy with one thing broken; empty: whole."""
    with pytest.MonkeyPatch.context() as patch:
        if name:
            SABOTAGES[name](patch)
        yield
