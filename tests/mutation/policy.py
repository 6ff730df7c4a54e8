"""``python -m tests.mutation.policy [N]``: which mutants of the shipped policy its own tests kill.

With N only each Nth mutant is tried; all of them take half an hour. Exit code 0 when at least nine in
ten are killed, else 1.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice

from streams.authoring.policies import PolicyFile, rule_texts, shipped_policy_file
from streams.authoring.policies.case import PolicyCase
from streams.authoring.policies.case_reader import parse_policy_cases
from streams.authoring.policies.stage import Stage
from streams.authoring.policies.trial import went_as_written
from streams.cli.console import say
from streams.outreach import parse_policy
from tests.mutation.policy_mutants import PolicyMutant, policy_mutants

GOAL = 0.9


def main(every: int = 1) -> int:
    """Print the survivors, and killed and survived per kind of mutant."""
    file, rules = shipped_policy_file(), rule_texts([])
    cases = cases_of(file, rules)
    killed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for mutant in islice(policy_mutants(file.text, file.filename), 0, None, every):
        total[mutant.kind] += 1
        if is_killed(mutant, cases, rules):
            killed[mutant.kind] += 1
        else:
            say(f"survived: {mutant.kind}: {mutant.what}")
    for kind in sorted(total):
        say(f"{kind:<16} {killed[kind]:>4} of {total[kind]:>4} killed")
    say(f"{'all':<16} {killed.total():>4} of {total.total():>4} killed  {100 * killed.total() / total.total():5.1f} %")
    return 0 if killed.total() >= GOAL * total.total() else 1


def cases_of(file: PolicyFile, rules: dict[str, str]) -> list[PolicyCase]:
    """The cases beside the policy."""
    return parse_policy_cases(file.test_text or "", file.test_filename, parse_policy(file.text, file.filename), rules)


def is_killed(mutant: PolicyMutant, cases: list[PolicyCase], rules: dict[str, str]) -> bool:
    """Whether a case fails; the one that does is tried first with the next mutant, which is likely its like."""
    stage = Stage(mutant.policy, mutant.text, rules)
    for place, case in enumerate(cases):
        if not went_as_written(case, tuple(stage.play(case))):
            cases.insert(0, cases.pop(place))
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
