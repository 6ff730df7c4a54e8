"""Policy files: every key, its unit and its default."""

from __future__ import annotations

from streams.outreach import parse_policy
from streams.outreach.policy import (
    AskUse,
    Cap,
    Holdout,
    Limits,
    Policy,
    QuietHours,
    QuietWindow,
    Suppression,
    Variant,
)

DAY = 86_400_000
EVERY_DAY = frozenset(range(7))

HEAD = """\
id: outreach
version: 1
description: For tests.
"""
ACTION = """\
actions:
  - id: call.back
    moments: [queue.abandoned]
    class: service
    purpose: care
    channels: [sms]
    template: call_back
"""


def policy(more: str = "", action: str = "") -> Policy:
    indented = "".join(f"    {line}\n" for line in action.splitlines())
    return parse_policy(f"{HEAD}{ACTION}{indented}{more}", "policy.yaml")


def quiet_hours(text: str) -> QuietHours:
    found = policy(f"limits:\n  quiet_hours: {text}\n").limits.quiet_hours
    assert found is not None
    return found


def test_a_file_without_limits_limits_nothing() -> None:
    bare = policy()
    assert (bare.limits, bare.variants, bare.holdout, bare.suppressions) == (Limits(), (), None, ())
    assert (bare.channel_costs, bare.arbitration_wait) == ((), 0)


def test_an_action_of_the_first_form_weighs_one_and_passes_over_nothing() -> None:
    (action,) = policy().actions
    assert (action.priority, action.value, action.propensity, action.counts_toward_caps) == (1, 1.0, 1.0, True)
    assert (action.may_override, action.holdout, action.quiet_fallback, action.bought_within) == ((), None, None, 0)
    assert action.cool_down == 0


def test_an_action_says_what_it_is_worth_and_what_it_may_pass_over() -> None:
    (action,) = policy(
        action="priority: 7\nvalue: 12.5\npropensity: 20%\ncounts_toward_caps: false\n"
        "may_override: [caps, quiet_hours]\nholdout: {percent: 10, salt: spring}\n"
        "quiet_fallback: abort\nbought_within: 30d\ncool_down: 1d"
    ).actions
    assert (action.priority, action.value, action.propensity, action.counts_toward_caps) == (7, 12.5, 0.2, False)
    assert (action.may_override, action.holdout) == (("caps", "quiet_hours"), Holdout(10.0, "spring"))
    assert (action.quiet_fallback, action.bought_within, action.cool_down) == ("abort", 30 * DAY, DAY)


def test_a_cap_counts_everything_unless_it_names_channel_purpose_or_class() -> None:
    found = policy(
        "limits:\n  caps:\n    - {id: day, most: 2, within: 24h}\n"
        "    - {id: ads, most: 0, within: 7d, channel: sms, purpose: offers, class: promotional}\n"
    ).limits.caps
    assert found == (Cap("day", 2, DAY), Cap("ads", 0, 7 * DAY, "sms", "offers", "promotional"))


def test_quiet_hours_are_minutes_of_the_day_on_every_day() -> None:
    assert quiet_hours('{windows: [{from: "21:00", to: "08:30"}]}').windows == (QuietWindow(1260, 510, EVERY_DAY),)


def test_quiet_hours_may_go_to_the_end_of_a_day() -> None:
    (window,) = quiet_hours('{windows: {from: "00:00", to: "24:00", weekdays: sunday}}').windows
    assert window == QuietWindow(0, 1440, frozenset({6}))


def test_weekdays_count_from_monday() -> None:
    (window,) = quiet_hours('{windows: [{from: "20:00", to: "10:00", weekdays: [saturday, monday]}]}').windows
    assert window.weekdays == frozenset({0, 5})


def test_quiet_hours_wait_and_are_polite_unless_they_say_otherwise() -> None:
    found = quiet_hours("{windows: []}")
    assert (found.holidays, found.fallback, found.unknown_zone, found.zones) == (
        frozenset(),
        "next_available",
        "polite",
        (),
    )


def test_holidays_and_zones_are_as_written() -> None:
    found = quiet_hours(
        "{windows: [], holidays: [2026-12-25, 2026-01-01], fallback: abort, unknown_zone: abort, "
        "zones: [Europe/Vienna, Pacific/Chatham]}"
    )
    assert found == QuietHours(
        (), frozenset({"2026-12-25", "2026-01-01"}), "abort", "abort", ("Europe/Vienna", "Pacific/Chatham")
    )


def test_ask_use_has_no_least_unless_it_says_so() -> None:
    found = policy("limits:\n  ask_use: {most: 0.5, within: 30d, uses: order.placed}\n").limits.ask_use
    assert found == AskUse(0.5, 0, 30 * DAY, ("order.placed",))


def test_limits_name_the_actions_that_are_left_out() -> None:
    assert policy("limits: {without: [call.back]}\n").limits.without == ("call.back",)


def test_variants_stay_in_order() -> None:
    found = policy(
        "variants:\n  - {segment: at-risk, limits: {caps: [{id: day, most: 1, within: 1d}]}}\n"
        "  - {persona: busy parent, limits: {}}\n"
    ).variants
    assert found == (
        Variant("segment", "at-risk", Limits(caps=(Cap("day", 1, DAY),))),
        Variant("persona", "busy parent", Limits()),
    )


def test_a_holdout_is_drawn_by_the_name_of_the_policy_or_action_unless_salted() -> None:
    found = policy("holdout: {percent: 5%}\n", "holdout: {percent: 2.5%}")
    assert (found.holdout, found.actions[0].holdout) == (Holdout(5.0, "outreach"), Holdout(2.5, "call.back"))


def test_a_suppression_list_stops_classes_on_all_channels_or_on_some() -> None:
    found = policy(
        "suppressions:\n  - {list: deceased, classes: [service, promotional]}\n"
        "  - {list: no_calls, classes: promotional, channels: [voice, sms]}\n"
    ).suppressions
    assert found == (
        Suppression("deceased", ("service", "promotional")),
        Suppression("no_calls", ("promotional",), ("voice", "sms")),
    )


def test_channels_cost_and_candidates_wait() -> None:
    found = policy("channel_costs: {sms: 0.07, voice: 4}\narbitration_wait: 5m\n")
    assert (found.channel_costs, found.arbitration_wait) == ((("sms", 0.07), ("voice", 4.0)), 300_000)
