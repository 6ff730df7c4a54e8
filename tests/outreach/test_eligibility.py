"""Suppression, purchases, audience, ask/use and control groups, each at its edge."""

from __future__ import annotations

from collections import Counter

import pytest

from streams.outreach import OutreachState
from streams.outreach.history import MOST_BOUGHT, MOST_LISTS
from streams.outreach.holdout import is_held_out
from streams.outreach.policy import Holdout
from tests.customer.log import DAY, HOUR, T0
from tests.outreach.cases import Known, check, consenting, judged, moment, policy, reasons, tell

LISTS = policy(
    """
suppressions:
  - {list: nothing, classes: [service, promotional]}
  - {list: no_offers, classes: [promotional]}
  - {list: no_sms, classes: [service], channels: [sms]}
"""
)


# -- suppression lists --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("nothing", "call", "suppressed"),
        ("no_offers", "call", "ok"),
        ("no_offers", "news", "suppressed"),
        ("no_sms", "alarm", "suppressed"),
        ("of_no_meaning", "call", "ok"),
    ],
)
def test_a_list_stops_what_the_policy_says(name: str, kind: str, expected: str) -> None:
    state = consenting()
    tell(LISTS, state, "suppression.added", list=name)
    assert reasons(LISTS, state, moment(kind)) == [expected]


def test_a_list_of_one_channel_leaves_the_others() -> None:
    state = consenting()
    tell(LISTS, state, "suppression.added", list="no_sms")
    ((decision, _),) = judged(LISTS, state, moment())
    assert (decision["channel"], check(decision, "suppression")["inputs"]) == (
        "email",
        {"lists": "no_sms", "left": "email push"},
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("added", 1), ("removed", 2)], "ok"),
        ([("removed", 2), ("added", 1)], "ok"),
        ([("removed", 1), ("added", 2)], "suppressed"),
        ([("added", 1), ("removed", 1)], "ok"),
    ],
)
def test_the_newest_word_on_a_list_holds(words: list[tuple[str, int]], expected: str) -> None:
    state = consenting()
    for word, at in words:
        tell(LISTS, state, f"suppression.{word}", at, list="nothing")
    assert reasons(LISTS, state, moment()) == [expected]


def test_who_is_on_more_lists_than_are_kept_is_on_all() -> None:
    state = consenting()
    for number in range(MOST_LISTS + 1):
        tell(LISTS, state, "suppression.added", list=f"list-{number}")
    assert reasons(LISTS, state, moment()) == ["suppressed"]


# -- purchases ----------------------------------------------------------------------------------


def bought(kind: str = "order.placed", at: int = T0 - HOUR, product: str = "lamp") -> OutreachState:
    state = consenting()
    tell(policy(), state, kind, at, product_id=product)
    return state


@pytest.mark.parametrize("kind", ["order.placed", "order.completed", "store.purchased", "partner.purchased"])
def test_what_was_bought_on_any_channel_is_not_promoted(kind: str) -> None:
    assert reasons(policy(), bought(kind), moment("news", context={"product_id": "lamp"})) == ["bought"]


@pytest.mark.parametrize(("after", "expected"), [(30 * DAY - 1, "bought"), (30 * DAY, "ok")])
def test_a_purchase_counts_until_exactly_its_time_has_passed(after: int, expected: str) -> None:
    state = bought(at=T0)
    news = moment("news", T0 + after, context={"product_id": "lamp"})
    assert reasons(policy(), state, news, at=T0 + after) == [expected]


@pytest.mark.parametrize("context", [{"product_id": "chair"}, {}, {"product_id": 7}])
def test_another_purchase_is_no_reason(context: dict[str, object]) -> None:
    assert reasons(policy(), bought(), moment("news", context=context)) == ["ok"]


def test_what_was_returned_later_was_not_bought() -> None:
    state = bought(at=T0 - HOUR)
    tell(policy(), state, "order.returned", T0, product_id="lamp")
    assert reasons(policy(), state, moment("news", context={"product_id": "lamp"})) == ["ok"]


def test_purchases_are_bounded_and_not_kept_where_nobody_asks() -> None:
    state = OutreachState()
    for number in range(MOST_BOUGHT + 5):
        tell(policy(), state, "order.placed", T0 + number, product_id=f"p{number}")
    assert state.history is not None
    assert (len(state.history.bought), min(state.history.bought.values())) == (MOST_BOUGHT, T0 + 5)
    state = OutreachState()
    tell(policy(actions="actions: []\n"), state, "order.placed", product_id="lamp")
    assert state.history is None


# -- personas and segments ----------------------------------------------------------------------

VARIANTS = policy(
    """
limits: {caps: [{id: one, most: 1, within: 1d}]}
variants:
  - persona: calm
    limits: {without: [call]}
  - segment: fans
    limits: {caps: [{id: many, most: 5, within: 1d}]}
"""
)


@pytest.mark.parametrize(
    ("facts", "expected", "limits"),
    [
        (Known(), "frequency_cap", "everybody"),
        (Known({("persona", "persona"): "calm"}), "not_for_them", "persona calm"),
        (Known(names=("fans",)), "ok", "segment fans"),
        (Known({("persona", "persona"): "calm"}, ("fans",)), "not_for_them", "persona calm"),
    ],
)
def test_the_first_variant_that_fits_holds_whole(facts: Known, expected: str, limits: str) -> None:
    state = consenting()
    judged(VARIANTS, state, moment())
    ((decision, _),) = judged(VARIANTS, state, moment(number=1), facts=facts)
    assert (decision["reason"], check(decision, "audience")["inputs"]) == (expected, {"limits": limits})


# -- asking and using ---------------------------------------------------------------------------

ASK_USE = policy("limits: {ask_use: {most: 1, least_asks: 2, within: 7d, uses: [feature.used]}}\n")


def asked(times: int, *uses: int) -> OutreachState:
    state = consenting()
    for at in uses:
        tell(ASK_USE, state, "feature.used", at)
    for number in range(times):
        assert reasons(ASK_USE, state, moment(number=number)) == ["ok"]
    return state


def test_fewer_asks_than_the_least_are_never_too_many() -> None:
    assert reasons(ASK_USE, asked(1), moment(number=9)) == ["ok"]


def test_more_asks_than_the_uses_allow_are_too_many() -> None:
    ((decision, _),) = judged(ASK_USE, asked(2, T0), moment(number=9))
    assert check(decision, "ask_use") == {
        "name": "ask_use",
        "passed": False,
        "reason": "ask_use",
        "inputs": {"asks": "2", "uses": "1", "most": "1", "least_asks": "2"},
    }


def test_as_many_asks_as_the_uses_allow_are_not() -> None:
    assert reasons(ASK_USE, asked(2, T0, T0), moment(number=9)) == ["ok"]


@pytest.mark.parametrize(("at", "expected"), [(T0 - 7 * DAY, "ask_use"), (T0 - 7 * DAY + 1, "ok")])
def test_a_use_counts_until_exactly_the_window_has_passed(at: int, expected: str) -> None:
    assert reasons(ASK_USE, asked(2, T0, at), moment(number=9)) == [expected]


@pytest.mark.parametrize(("after", "expected"), [(7 * DAY - 1, "ask_use"), (7 * DAY, "ok")])
def test_an_ask_counts_until_exactly_the_window_has_passed(after: int, expected: str) -> None:
    assert reasons(ASK_USE, asked(2), moment(at=T0 + after), at=T0 + after) == [expected]


def test_uses_told_out_of_order_count_alike() -> None:
    assert reasons(ASK_USE, asked(2, T0, T0 - DAY, T0 - 8 * DAY), moment(number=9)) == ["ok"]


def test_uses_are_bounded() -> None:
    state = asked(0, *(T0 + number for number in range(100)))
    assert state.history is not None
    assert (state.history.uses_after(0), state.history.uses_after(T0 + 98)) == (32, 1)


# -- control groups -----------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [0, 5, 37.5, 100])
def test_a_control_group_is_as_large_as_it_says(percent: float) -> None:
    group = Holdout(percent, "s")
    found = sum(is_held_out(group, f"customer-{number}") for number in range(20_000)) / 200
    assert abs(found - percent) <= (0 if percent in (0, 100) else 1)


def test_a_group_is_sticky_and_another_salt_or_action_draws_another() -> None:
    drawn = Counter(
        (
            is_held_out(Holdout(50, "s"), f"c{number}"),
            is_held_out(Holdout(50, "t"), f"c{number}"),
            is_held_out(Holdout(50, "s"), f"c{number}", "call"),
        )
        for number in range(8_000)
    )
    assert len(drawn) == 8
    assert all(abs(count - 1_000) < 150 for count in drawn.values())


def test_who_is_in_a_small_group_stays_in_when_it_grows() -> None:
    small = [number for number in range(2_000) if is_held_out(Holdout(5, "s"), f"c{number}")]
    assert all(is_held_out(Holdout(10, "s"), f"c{number}") for number in small)


def test_a_known_customer_is_where_sha_256_puts_it() -> None:
    drawn = [is_held_out(Holdout(50, "salt"), f"c{number}", "call") for number in range(8)]
    assert drawn == [True, True, False, False, True, True, False, False]


def test_who_is_held_out_is_left_alone_and_the_group_is_named() -> None:
    everybody = policy("holdout: {percent: 100%, salt: s}\n")
    ((decision, _),) = judged(everybody, consenting(), moment())
    assert check(decision, "holdout") == {
        "name": "holdout",
        "passed": False,
        "reason": "holdout",
        "inputs": {"group": "holdout", "global": "holdout"},
    }
    ((decision, trigger),) = judged(everybody, consenting(), moment("card"))
    assert trigger is not None
    assert check(decision, "holdout")["inputs"] == {"group": "treated", "global": "holdout", "overridden": "holdout"}


def test_who_is_treated_is_told_so_too() -> None:
    nobody = policy("holdout: {percent: 0%, salt: s}\n")
    ((decision, _),) = judged(nobody, consenting(), moment())
    assert check(decision, "holdout")["inputs"] == {"group": "treated", "global": "treated"}
