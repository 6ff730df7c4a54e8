"""How a rule's tests do against its mutants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.detection import parse_rule
from streams.detection.case_reader import Case, parse_cases
from streams.detection.rule_tests import run_case
from tests.mutation.mutants import Mutant, mutants


@dataclass(frozen=True)
class Score:
    """The mutants of one rule, and which of them no case notices."""

    rule: str
    all: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]

    @property
    def total(self) -> int:
        """How many mutants there are."""
        return len(self.all)

    @property
    def killed(self) -> int:
        """How many of them make a case fail."""
        return self.total - len(self.survivors)

    @property
    def share(self) -> float:
        """Killed of all, 0 to 1."""
        return self.killed / self.total if self.total else 1.0

    @property
    def total_by_kind(self) -> Counter[str]:
        """How many mutants of each kind."""
        return Counter(mutant.kind for mutant in self.all)

    @property
    def killed_by_kind(self) -> Counter[str]:
        """How many of each kind are killed."""
        return self.total_by_kind - Counter(mutant.kind for mutant in self.survivors)


def score_of(name: str) -> Score:
    """Run a shipped rule's cases against each of its mutants."""
    text = dict(load_catalogue())[f"{name}.yaml"]
    rule = replace(parse_rule(text, f"{name}.yaml"), mode="live")
    filename = f"{name}.test.yaml"
    cases = parse_cases(dict(load_catalogue_tests())[filename], filename, name)
    cases = [case for case in cases if run_case(rule, case).passed]  # a case that fails anyway kills nothing
    found = tuple(mutants(text, f"{name}.yaml"))
    return Score(name, found, tuple(mutant for mutant in found if survives(mutant, cases)))


def survives(mutant: Mutant, cases: list[Case]) -> bool:
    """Whether all cases still pass."""
    rule = replace(mutant.rule, mode="live")
    return all(run_case(rule, case).passed for case in cases)
