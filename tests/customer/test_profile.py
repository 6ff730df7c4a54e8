"""What is said of a customer for good: by field the newest holds, within bounds, until erasure."""

from __future__ import annotations

from typing import Any

import pytest

from streams.customer import Customer, decode_customer, encode_customer
from streams.customer.profile import LONGEST_NAME, LONGEST_TEXT, MOST_FACTS, Fact, Profile
from tests.customer.log import DAY, HOUR, MINUTE, T0, Log, Outcome, changes, compacted, played, restored


def profile_of(outcome: Outcome, customer_id: str = "c1") -> Profile | None:
    """As the customer's bytes have it."""
    (data,) = (value for key, value in changes(outcome.partition) if key == customer_id.encode())
    return decode_customer(data or b"").profile


def said(*touchpoints: tuple[str, dict[str, Any]]) -> Profile:
    """The profile after touchpoints of one customer, a minute apart."""
    log = Log()
    for number, (kind, properties) in enumerate(touchpoints):
        log.touchpoint(T0 + number * MINUTE, kind, properties=properties)
    profile = profile_of(played(log))
    assert profile is not None
    return profile


def test_each_property_of_a_profile_is_a_fact() -> None:
    profile = said(("profile.set", {"birth_year": 1980, "home_place": "Graz", "time_zone": "Europe/Vienna"}))
    assert {name: profile.get("profile", name) for name in ("birth_year", "home_place", "time_zone", "age")} == {
        "birth_year": 1980,
        "home_place": "Graz",
        "time_zone": "Europe/Vienna",
        "age": None,
    }


def test_profile_and_preference_of_one_name_are_two_facts() -> None:
    profile = said(("profile.set", {"language": "hu"}), ("preference.set", {"language": "de"}))
    assert (profile.get("profile", "language"), profile.get("preference", "language")) == ("hu", "de")


def test_a_later_touchpoint_replaces_only_what_it_names() -> None:
    profile = said(("preference.set", {"a": 1, "b": 1}), ("preference.set", {"b": 2}))
    assert profile.facts == {"preference a": Fact(1, T0), "preference b": Fact(2, T0 + MINUTE)}


def test_the_newest_by_occurred_at_wins_whichever_comes_first() -> None:
    log = Log()
    log.touchpoint(T0 + HOUR, "profile.set", home_place="Wien")
    log.touchpoint(T0 + HOUR, "profile.set", home_place="Graz", occurred_at=T0)
    assert profile_of(played(log)) == Profile({"profile home_place": Fact("Wien", T0 + HOUR)})


def test_of_two_at_one_time_the_one_that_came_later_wins() -> None:
    log = Log()
    log.touchpoint(T0, "profile.set", home_place="Wien")
    log.touchpoint(T0 + HOUR, "profile.set", home_place="Graz", occurred_at=T0)
    assert profile_of(played(log)) == Profile({"profile home_place": Fact("Graz", T0)})


def test_null_says_nothing_and_an_empty_text_takes_a_fact_back() -> None:
    profile = said(("preference.set", {"a": "x", "b": "x"}), ("preference.set", {"a": None, "b": ""}))
    assert (profile.get("preference", "a"), profile.get("preference", "b")) == ("x", "")


def test_a_customer_has_one_persona() -> None:
    profile = said(("persona.set", {"persona": "busy-parent"}), ("persona.set", {"persona": "explorer"}))
    assert profile.facts == {"persona persona": Fact("explorer", T0 + MINUTE)}


def test_a_customer_is_in_several_segments_and_may_leave_one() -> None:
    profile = said(
        ("segment.set", {"segment": "at-risk"}),
        ("segment.set", {"segment": "gold", "member": True}),
        ("segment.set", {"segment": "students"}),
        ("segment.set", {"segment": "students", "member": False}),
    )
    assert profile.segments() == ["at-risk", "gold"]


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("persona.set", {}),
        ("persona.set", {"persona": 7}),
        ("segment.set", {"member": True}),
        ("segment.set", {"segment": "gold", "member": "no"}),
        ("profile.set", {}),
        ("profile.set", {"a": None}),
    ],
)
def test_what_says_nothing_leaves_no_profile(kind: str, properties: dict[str, Any]) -> None:
    log = Log()
    log.touchpoint(T0, kind, properties=properties)
    outcome = played(log)
    assert (outcome.counters, profile_of(outcome)) == ({"in": 1, "accepted": 1}, None)


def test_facts_over_the_most_are_refused_and_counted() -> None:
    log = Log()
    log.touchpoint(T0, "profile.set", properties={f"field{number:03d}": number for number in range(MOST_FACTS + 5)})
    outcome = played(log)
    profile = profile_of(outcome)
    assert profile is not None
    assert (outcome.counters["profile_overflow"], sorted(profile.facts)[-1]) == (
        5,
        f"profile field{MOST_FACTS - 1:03d}",
    )


def test_a_full_profile_still_takes_the_newer_word_on_what_it_has() -> None:
    full = {f"field{number}": number for number in range(MOST_FACTS)}
    assert said(("profile.set", full), ("profile.set", {"field3": "new", "more": 1})).get("profile", "field3") == "new"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("n" * LONGEST_NAME, 1, True),
        ("n" * (LONGEST_NAME + 1), 1, False),
        ("n", "v" * LONGEST_TEXT, True),
        ("n", "v" * (LONGEST_TEXT + 1), False),
    ],
)
def test_a_name_or_a_text_that_is_too_long_is_refused_and_counted(name: str, value: int | str, kept: bool) -> None:
    log = Log()
    log.touchpoint(T0, "profile.set", properties={name: value})
    outcome = played(log)
    assert ("profile_overflow" not in outcome.counters, profile_of(outcome) is not None) == (kept, kept)


def test_a_customer_with_a_profile_is_never_evicted() -> None:
    log = Log()
    log.touchpoint(T0, "segment.set", segment="gold")
    log.touchpoint(T0, "page.viewed", "c2")
    log.tick(T0 + 400 * DAY)
    outcome = played(log)
    assert (len(outcome.partition), profile_of(outcome)) == (1, Profile({"segment gold": Fact(True, T0)}))


def test_a_profile_comes_back_after_a_restart_and_goes_on() -> None:
    log = Log()
    log.touchpoint(T0, "profile.set", a=1, b=True, c=0.5, d="x")
    first = changes(played(log).partition)
    log.touchpoint(T0 + MINUTE, "profile.set", a=2)
    again = restored(first).play(log.records[-1:])
    assert compacted(first, changes(again.partition)) == compacted(changes(played(log).partition))


def test_a_customer_of_whom_nothing_was_said_is_as_small_as_before_there_were_profiles() -> None:
    plain, profiled = Customer(11), Customer(11)
    profiled.profile = Profile({"segment gold": Fact(True, T0)})
    fields = [encode_customer(customer)[1] & 0x0F for customer in (plain, profiled)]
    assert (fields, len(encode_customer(plain)) < len(encode_customer(profiled))) == ([8, 9], True)


def test_bytes_from_before_there_were_profiles_are_read() -> None:
    customer = Customer(11)
    customer.newest = T0
    customer.outreach.note_consent("consent.given", "care", "sms", T0)
    data = encode_customer(customer)
    again = decode_customer(data)
    assert (again.profile, again.newest, encode_customer(again)) == (None, T0, data)
