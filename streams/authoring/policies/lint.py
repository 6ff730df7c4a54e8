"""Slips in a policy that can be read, and everything in one that cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.authoring.finding import Finding, of_mistakes
from streams.authoring.policies.action_slips import action_slips
from streams.authoring.policies.cap_slips import cap_slips
from streams.authoring.policies.case_reader import parse_policy_cases
from streams.authoring.policies.group_slips import (
    ask_use_slips,
    cost_slips,
    holdout_slips,
    suppression_slips,
    variant_slips,
)
from streams.authoring.policies.limit_sets import limit_sets
from streams.authoring.policies.places import Places
from streams.authoring.policies.policy_files import PolicyFile
from streams.authoring.policies.quiet_slips import quiet_slips
from streams.detection import Rule, RuleFileError, parse_rule
from streams.detection.document import read_document
from streams.outreach import Policy, PolicyFileError, parse_policy
from streams.vocabulary import Vocabulary


def lint_policy(file: PolicyFile, texts: Mapping[str, str], vocabulary: Vocabulary) -> list[Finding]:
    """Everything that is wrong or looks wrong, in the order of the file.

    Errors are what cannot be read and what would silence all outreach; the rest are warnings.

    Args:
        file: policy and tests.
        texts: files of all rules that there are, by id; each is valid.
        vocabulary: types of touchpoints.
    """
    try:
        policy = parse_policy(file.text, file.filename)
    except PolicyFileError as error:
        return of_mistakes(error)
    rules = {name: parse_rule(text, name) for name, text in texts.items()}
    places = Places(file.filename, read_document(file.text, file.filename))
    found = [*action_slips(policy, rules, places)]
    for limit_set in limit_sets(policy):
        found += cap_slips(limit_set, places)
        found += quiet_slips(limit_set, places)
        found += ask_use_slips(limit_set, vocabulary, places)
    for slips in (variant_slips, suppression_slips, holdout_slips, cost_slips):
        found += slips(policy, places)
    return sorted({*found, *_tests(file, policy, rules, places)})


def _tests(file: PolicyFile, policy: Policy, rules: Mapping[str, Rule], places: Places) -> Iterator[Finding]:
    if file.test_text is None:
        yield places.warning(("id",), "it has no tests", f"write {file.test_filename}")
        return
    try:
        cases = parse_policy_cases(file.test_text, file.test_filename, policy, rules)
    except RuleFileError as error:
        yield from of_mistakes(error)
        return
    statuses = {decision.status for case in cases for decision in case.decisions}
    for status in ("triggered", "refused"):
        if status not in statuses:
            what = f"no case in which a contact is {status}"
            yield Finding(file.test_filename, 1, 1, "warning", what, f"add one with status: {status}")
