"""Mutants of a policy are other policies, and the shipped tests kill them where limits end."""

from __future__ import annotations

from tests.authoring.policies.small_policy import HELP, LIMITS, RULES, small
from tests.mutation.policy import cases_of, is_killed
from tests.mutation.policy_mutants import policy_mutants


def kinds(text: str) -> list[tuple[str, str]]:
    return [(mutant.kind, mutant.what) for mutant in policy_mutants(text, "small.yaml")]


def test_every_number_time_choice_entry_and_key_of_a_policy_has_its_mutants() -> None:
    assert kinds(small(LIMITS, HELP).text) == [
        ("entry dropped", "actions.help"),
        ("flipped", "actions.help.class (service)"),
        ("entry dropped", "actions.help.channels.0 (sms)"),
        ("entry dropped", "actions.help.channels.1 (email)"),
        ("key dropped", "actions.help.cool_down (1d)"),
        *[("moved", "actions.help.cool_down (1d)")] * 2,
        ("key dropped", "limits"),
        ("key dropped", "limits.caps"),
        *[("moved", "limits.caps.day.most (1)")] * 2,
        *[("moved", "limits.caps.day.within (1d)")] * 2,
        ("key dropped", "limits.quiet_hours"),
        ("entry dropped", "limits.quiet_hours.windows.0"),
        *[("moved", "limits.quiet_hours.windows.0.from (21:00)")] * 2,
        *[("moved", "limits.quiet_hours.windows.0.to (08:00)")] * 2,
        ("key dropped", "limits.quiet_hours.zones"),
        ("key dropped", "suppressions"),
        ("entry dropped", "suppressions.do_not_contact.classes.0 (service)"),
        ("entry dropped", "suppressions.do_not_contact.classes.1 (promotional)"),
    ]


def test_a_mutant_lives_until_a_case_says_otherwise() -> None:
    file = small(LIMITS, HELP)
    cases = cases_of(file, RULES)
    found = {one.what: one for one in policy_mutants(file.text, file.filename)}
    killed = [is_killed(found[what], cases, RULES) for what in ("actions.help.channels.0 (sms)", "limits.caps")]
    assert killed == [True, False]
