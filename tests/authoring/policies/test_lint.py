"""Slips in policies: each with its place, what is wrong and what would be right."""

from __future__ import annotations

import pytest

from streams.authoring.policies import lint_policy, rule_texts, shipped_policy_file
from streams.vocabulary import shipped_vocabulary
from tests.authoring.policies.small_policy import CART, CASES, HELP, LIMITS, OFFER, QUEUE, RULES, findings, small


def limits(caps: str = "", quiet: str = "", more: str = "") -> str:
    """Limits of the small policy, with other caps or quiet hours."""
    caps = caps or "    - {id: day, most: 1, within: 1d}"
    quiet = quiet or '{windows: [{from: "21:00", to: "08:00"}], zones: [Europe/Vienna]}'
    lists = "suppressions: [{list: do_not_contact, classes: [service, promotional]}]"
    return f"limits:\n  caps:\n{caps}\n  quiet_hours: {quiet}\n{more}\n{lists}\n"


def test_the_shipped_policy_has_no_slips() -> None:
    assert lint_policy(shipped_policy_file(), rule_texts([]), shipped_vocabulary()) == []


def test_a_policy_without_slips_has_no_findings() -> None:
    assert findings(small()) == []


def test_what_cannot_be_read_is_all_errors() -> None:
    found = findings(small("limits: none\nholdout: 5\n"))
    assert found == [
        "19:9: error: 'limits' is the text 'none'; write 'key: value' lines",
        "20:10: error: 'holdout' is 5; write holdout: {percent: 5%}",
    ]


def test_promotion_without_any_limit_is_told_by_each_limit_that_is_missing() -> None:
    assert findings(small("limits: {}\nsuppressions: [{list: no, classes: [promotional, service]}]\n")) == [
        "19:9: warning: no quiet hours for everybody, and offer promote by day and night; "
        'write quiet_hours: {windows: [{from: "20:00", to: "08:00"}]}',
        "19:9: warning: promotional 'offer' has no cap on email for everybody; "
        "write one, like {id: promotion, most: 2, within: 7d, class: promotional}",
    ]


def test_a_cap_on_another_channel_is_no_cap_on_this_one() -> None:
    (found,) = findings(small(limits("    - {id: texts, most: 1, within: 7d, channel: sms}")))
    assert "promotional 'offer' has no cap on email for everybody" in found


def test_a_cap_on_service_is_no_cap_on_promotion() -> None:
    (found,) = findings(small(limits("    - {id: help, most: 1, within: 7d, class: service}")))
    assert "promotional 'offer' has no cap on email" in found


@pytest.mark.parametrize(
    ("tight", "loose"),
    [
        ("{id: tight, most: 1, within: 2d}", "{id: loose, most: 1, within: 1d}"),
        ("{id: tight, most: 1, within: 1d}", "{id: loose, most: 2, within: 1d}"),
        ("{id: tight, most: 1, within: 1d}", "{id: loose, most: 1, within: 1d, channel: email}"),
        ("{id: tight, most: 1, within: 1d}", "{id: loose, most: 1, within: 1d, purpose: offers}"),
        ("{id: tight, most: 1, within: 1d}", "{id: loose, most: 1, within: 1d, class: service}"),
    ],
)
def test_a_cap_that_a_tighter_one_is_always_before_can_never_bind(tight: str, loose: str) -> None:
    always = HELP.replace("    cool_down: 1d\n", "") + OFFER.replace("14d", "1h")
    found = [line for line in findings(small(limits(f"    - {tight}\n    - {loose}"), always)) if "bind" in line]
    assert found == [
        "21:7: warning: cap 'loose' can never bind: 'tight' is at least as tight; take it out, or loosen 'tight'"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{id: day, most: 1, within: 1d}", "{id: week, most: 2, within: 7d}"),
        ("{id: mail, most: 1, within: 7d, channel: email}", "{id: all, most: 1, within: 1d}"),
        ("{id: mail, most: 1, within: 1d, channel: email}", "{id: offers, most: 1, within: 1d, purpose: offers}"),
    ],
)
def test_caps_of_which_either_may_bind_are_both_of_use(one: str, other: str) -> None:
    always = HELP.replace("    cool_down: 1d\n", "") + OFFER.replace("14d", "1h")
    assert [line for line in findings(small(limits(f"    - {one}\n    - {other}"), always)) if "bind" in line] == []


@pytest.mark.parametrize(("within", "binds"), [("1d", False), ("1d1ms", True)])
def test_a_cap_that_cool_downs_already_hold_can_never_bind(within: str, binds: bool) -> None:
    cap = f"    - {{id: day, most: 2, within: {within}}}"
    found = [line for line in findings(small(limits(cap))) if "bind" in line]
    assert found == (
        []
        if binds
        else [
            "21:7: warning: cap 'day' can never bind: cool-downs allow 2 in 1 day at most; lower 'most', or take it out"
        ]
    )


def test_a_cap_that_no_action_meets_holds_nothing_back() -> None:
    cap = "    - {id: day, most: 1, within: 1d}\n    - {id: post, most: 1, within: 7d, channel: post}"
    assert findings(small(limits(cap))) == [
        "22:7: warning: cap 'post' holds nothing back: no action meets it; take it out"
    ]


def test_a_cap_of_nothing_is_told_by_what_it_silences() -> None:
    cap = "    - {id: day, most: 1, within: 1d}\n    - {id: none, most: 0, within: 7d, purpose: offers}"
    assert findings(small(limits(cap))) == [
        "22:7: warning: cap 'none' allows nothing, so offer may never go out by it; "
        "name the actions in 'without', or allow at least 1"
    ]


@pytest.mark.parametrize(
    "windows",
    [
        '[{from: "00:00", to: "24:00"}]',
        '[{from: "08:00", to: "20:00"}, {from: "20:00", to: "08:00"}]',
        '[{from: "12:00", to: "11:59"}, {from: "11:00", to: "12:00"}]',
    ],
)
def test_quiet_hours_that_are_never_over_are_an_error(windows: str) -> None:
    (found,) = [
        line for line in findings(small(limits(quiet=f"{{windows: {windows}, zones: [UTC]}}"))) if "error" in line
    ]
    assert found == (
        "22:26: error: the windows cover the whole week: everybody can never be contacted; "
        "leave hours free in which contact is welcome"
    )


def test_a_minute_a_week_is_not_the_whole_week() -> None:
    quiet = '{windows: [{from: "12:01", to: "12:00"}], zones: [Europe/Vienna]}'
    assert [line for line in findings(small(limits(quiet=quiet))) if "whole week" in line] == []


def test_a_window_within_another_adds_nothing() -> None:
    quiet = '{windows: [{from: "21:00", to: "08:00"}, {from: "22:00", to: "06:00", weekdays: [monday]}], zones: [UTC]}'
    assert findings(small(limits(quiet=quiet))) == [
        "22:57: warning: the window adds nothing: the others are quiet then too; take it out"
    ]


@pytest.mark.parametrize("zone", ["unknown_zone: abort", "fallback: next_available"])
def test_customers_of_an_unknown_zone_who_are_never_contacted_are_told_of(zone: str) -> None:
    quiet = f'{{windows: [{{from: "21:00", to: "08:00"}}], {zone}}}'
    (found,) = findings(small(limits(quiet=quiet)))
    assert "those of everybody whose time zone nobody told are never contacted, at no hour" in found


def test_zones_have_no_meaning_where_an_unknown_one_aborts() -> None:
    quiet = '{windows: [{from: "21:00", to: "08:00"}], unknown_zone: abort, zones: [UTC]}'
    assert findings(small(limits(quiet=quiet)))[1] == (
        "22:86: warning: 'zones' has no meaning with unknown_zone: abort; take it out, or write polite"
    )


def test_zones_without_a_common_polite_hour_are_told_of() -> None:
    quiet = '{windows: [{from: "17:00", to: "09:00"}], zones: [Europe/Vienna, Asia/Tokyo]}'
    found = [line for line in findings(small(limits(quiet=quiet))) if "all of the zones" in line]
    assert found == [
        "22:65: warning: no hour is polite in all of the zones at once, so customers of an unknown zone are never "
        "contacted; name fewer zones, or shorten the windows"
    ]


def test_a_moment_that_expires_in_the_night_is_told_of() -> None:
    rules = RULES | {"queue.abandoned": QUEUE.replace("1d", "11h")}
    assert findings(small(), rules) == [
        "5:5: warning: 'queue.abandoned' expires after 11 hours, quiet hours of everybody last 11 hours: what is found "
        "when they begin is never answered; let the moment live longer, or let the action override quiet_hours"
    ]


def test_a_moment_that_outlives_the_night_is_not() -> None:
    assert findings(small(), RULES | {"queue.abandoned": QUEUE.replace("1d", "11h1ms")}) == []


def test_a_moment_that_no_rule_makes_has_its_nearest_named() -> None:
    assert findings(small(actions=HELP.replace("queue.abandoned", "queue.abandond") + OFFER)) == [
        "5:3: warning: no action answers 'queue.abandoned', so its stressed customers hear nothing; "
        "name it in the 'moments' of an action",
        "6:15: warning: no rule makes 'queue.abandond', so nobody gets 'help' for it; did you mean 'queue.abandoned'?",
    ]


def test_a_rule_that_is_off_asks_for_nothing() -> None:
    found = findings(small(), RULES | {"cart.abandoned": CART + 'mode: "off"\n'})
    assert found == [
        "13:15: warning: rule 'cart.abandoned' is off: it finds nothing; switch it on, or take it out here"
    ]


@pytest.mark.parametrize("limit", ["caps", "quiet_hours"])
def test_promotion_may_not_pass_over_limits(limit: str) -> None:
    found = findings(small(actions=HELP + OFFER + f"    may_override: [{limit}]\n"))
    assert f"19:19: warning: 'offer' promotes, and passes over {limit}; leave overriding to service messages" in found


@pytest.mark.parametrize("limit", ["ask_use", "holdout"])
def test_what_is_not_there_need_not_be_passed_over(limit: str) -> None:
    found = findings(small(actions=HELP + f"    may_override: [{limit}]\n" + OFFER))
    assert found == [f"12:19: warning: 'help' may override {limit}, of which the policy has none; take it out"]


def test_promotion_that_fills_no_cap_is_told_of() -> None:
    found = findings(small(actions=HELP + OFFER + "    counts_toward_caps: false\n"))
    assert (
        "19:25: warning: 'offer' promotes, and fills no cap; let promotion count; leave that to service messages"
        in found
    )


def test_a_fallback_for_quiet_hours_that_are_passed_over_has_no_meaning() -> None:
    found = findings(small(actions=HELP + "    may_override: [quiet_hours]\n    quiet_fallback: abort\n" + OFFER))
    assert found == [
        "13:21: warning: quiet_fallback of 'help' has no meaning: no quiet hours hold it back; take it out"
    ]


def test_promotion_without_a_cool_down_is_told_of() -> None:
    found = findings(small(actions=HELP + OFFER.replace("    cool_down: 14d\n", "")))
    assert found == ["12:5: warning: promotional 'offer' has no cool-down; write cool_down, like 14d"]


@pytest.mark.parametrize(("quiet_for", "slips"), [("1d", 0), ("1d1ms", 1)])
def test_a_cool_down_shorter_than_the_rules_own_holds_nothing_back(quiet_for: str, slips: int) -> None:
    found = findings(small(), RULES | {"queue.abandoned": QUEUE + f"cool_down: {quiet_for}\n"})
    assert [line.startswith("11:16: warning: cool_down of 1 day holds nothing back") for line in found] == [
        True
    ] * slips


@pytest.mark.parametrize("key", ["value", "propensity"])
def test_what_is_worth_nothing_never_wins(key: str) -> None:
    found = findings(small(actions=HELP + f"    {key}: 0\n" + OFFER))
    assert found[0].startswith(f"12:{len(key) + 7}: warning: 'help' with a {key} of 0 loses to every other candidate")


def test_a_control_group_does_not_take_help_from_the_vulnerable() -> None:
    rules = RULES | {"queue.abandoned": QUEUE.replace("stressed", "vulnerable")}
    found = findings(small(LIMITS + "holdout: {percent: 5%}\n"), rules)
    assert found == [
        "5:5: warning: the holdout leaves vulnerable customers (queue.abandoned) without 'help'; "
        "write may_override: [holdout]"
    ]


def test_an_action_with_a_holdout_that_passes_over_holdouts_contradicts_itself() -> None:
    actions = HELP + "    may_override: [holdout]\n    holdout: {percent: 5%}\n" + OFFER
    assert findings(small(LIMITS + "holdout: {percent: 5%}\n", actions)) == [
        "13:14: warning: 'help' has a holdout and may override holdouts; keep one of the two"
    ]


@pytest.mark.parametrize(
    ("percent", "what"),
    [("0%", "a holdout of 0% holds nobody out"), ("51%", "a holdout of 51% leaves most customers without contact")],
)
def test_a_control_group_of_nobody_or_most_is_told_of(percent: str, what: str) -> None:
    (found,) = findings(small(LIMITS + f"holdout: {{percent: {percent}}}\n"))
    assert found.startswith(f"27:10: warning: {what}; ")


def test_half_of_all_may_be_held_out() -> None:
    assert findings(small(LIMITS + "holdout: {percent: 50%}\n")) == []


def test_promotion_that_knows_the_product_asks_whether_it_was_bought() -> None:
    rules = RULES | {"cart.abandoned": CART + "keep: [product_id]\n"}
    assert findings(small(), rules) == [
        "12:5: warning: 'offer' may promote what was just bought (cart.abandoned knows the product); "
        "write bought_within, like 30d"
    ]
    assert findings(small(actions=HELP + OFFER + "    bought_within: 30d\n"), rules) == []


def test_what_was_bought_cannot_be_asked_of_moments_without_a_product() -> None:
    assert findings(small(actions=HELP + OFFER + "    bought_within: 30d\n")) == [
        "19:20: warning: bought_within of 'offer' has no meaning: its moments carry no product_id; "
        "let the rule keep product_id, or take bought_within out"
    ]


def test_a_purpose_that_is_nearly_another_is_taken_for_a_slip() -> None:
    more = OFFER.replace("id: offer", "id: sale").replace("cart.abandoned", "price.watch").replace("offers", "offfers")
    rules = RULES | {"price.watch": CART.replace("cart.abandoned", "price.watch")}
    assert "22:14: warning: only 'sale' needs consent for 'offfers'; did you mean 'offers'?" in findings(
        small(actions=HELP + OFFER + more), rules
    )


def test_a_wait_for_competitors_that_outlives_the_moment_is_told_of() -> None:
    rules = RULES | {"cart.abandoned": CART.replace("2d", "1h")}
    found = findings(small(LIMITS + "arbitration_wait: 1h\n"), rules)
    assert (
        "27:19: warning: 'cart.abandoned' expires while it waits for others to compete with; shorten arbitration_wait"
        in found
    )


def test_a_variant_that_forgets_a_limit_is_told_of() -> None:
    more = "variants:\n  - {segment: vip, limits: {caps: [{id: v, most: 1, within: 7d}]}}\n"
    assert findings(small(LIMITS + more))[1] == (
        "28:28: warning: segment 'vip' has no quiet_hours: a variant's limits hold whole; "
        "repeat there what is to hold for them too"
    )


def test_a_variant_without_promotion_needs_no_limits_on_it() -> None:
    own = "caps: [{id: v, most: 1, within: 7d, class: service}], without: [offer]"
    quiet = 'quiet_hours: {windows: [{from: "20:00", to: "08:00"}], zones: [UTC]}'
    assert findings(small(LIMITS + f"variants:\n  - {{segment: x, limits: {{{own}, {quiet}}}}}\n")) == []


def test_no_suppression_list_at_all_is_told_of() -> None:
    assert findings(small(LIMITS.partition("suppressions")[0])) == [
        "5:3: warning: no suppression list: nobody can be taken out of all outreach; "
        "write suppressions: [{list: do_not_contact, classes: [service, promotional]}]"
    ]


def test_a_list_that_stops_service_and_lets_promotion_through_is_told_of() -> None:
    assert findings(small(LIMITS + "  - {list: quiet, classes: [service]}\n")) == [
        "27:28: warning: list 'quiet' stops service and lets promotion through; write classes: [service, promotional]"
    ]


def test_a_list_for_channels_that_nobody_uses_is_told_of() -> None:
    assert findings(small(LIMITS + "  - {list: quiet, classes: [promotional], channels: [voice]}\n")) == [
        "27:53: warning: list 'quiet' stops voice, where no action goes; take it out"
    ]


def test_a_use_that_no_touchpoint_is_has_its_nearest_named() -> None:
    more = limits(more="  ask_use: {most: 0.5, within: 30d, uses: [order.placd, product.used, x.own]}")
    assert findings(small(more)) == [
        "23:44: warning: no touchpoint is of type 'order.placd'; did you mean 'order.placed'?"
    ]


def test_a_ratio_of_nothing_is_told_of() -> None:
    more = limits(more="  ask_use: {most: 0, least_asks: 3, within: 30d, uses: [order.placed]}")
    assert findings(small(more)) == [
        "23:19: warning: ask_use with most: 0 allows everybody 3 contacts, however much they use; "
        "write how many asks a use is worth, like 0.5"
    ]


def test_a_cost_of_a_channel_that_nobody_uses_is_told_of() -> None:
    assert findings(small(LIMITS + "channel_costs: {sms: 0.07, voice: 4.5}\n")) == [
        "27:35: warning: 'voice' has a cost, but no action goes there; take it out"
    ]


def test_a_policy_without_tests_is_told_of() -> None:
    assert findings(small(tests=None)) == ["1:5: warning: it has no tests; write small.test.yaml"]


def test_tests_that_only_contact_or_only_refuse_are_told_of() -> None:
    one, other = CASES.partition("  - name: no\n")[0], CASES.replace("status: triggered", "status: refused, reason: x")
    assert findings(small(tests=one)) == [
        "1:1: warning: no case in which a contact is refused; add one with status: refused"
    ]
    assert findings(small(tests=other)) == [
        "1:1: warning: no case in which a contact is triggered; add one with status: triggered"
    ]


def test_mistakes_in_the_tests_are_errors() -> None:
    assert findings(small(tests=CASES.replace("status: refused", "status: refuse"))) == [
        "10:45: error: unknown status 'refuse'; one of triggered, refused, deferred, cancelled"
    ]


def test_a_slip_in_an_action_is_no_slip_in_the_limits_that_name_it() -> None:
    without = limits(more="  without: [help]")
    assert findings(small(without, HELP.replace("sms, email", "sms, fax") + OFFER)) == [
        "9:21: error: unknown channel 'fax'; one of web, app, email, sms, push, chat, ivr, voice, contact_centre, "
        "social, post"
    ]
