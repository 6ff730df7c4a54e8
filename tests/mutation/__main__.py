"""``python -m tests.mutation [RULE...]``: which mutants of the shipped rules their own tests kill.

Exit code 0 when at least nine in ten are killed, else 1; 2 for a rule that there is not.
"""

from __future__ import annotations

import sys
from collections import Counter

from streams.catalogue import load_catalogue
from streams.cli.console import complain, say
from tests.mutation.mutants import equivalents
from tests.mutation.score import score_of

GOAL = 0.9


def main(names: list[str]) -> int:
    """Print killed and survived per rule, per kind of mutant, and of all."""
    texts = {name.removesuffix(".yaml"): text for name, text in load_catalogue()}
    for name in names:
        if name not in texts:
            complain(f"error: no shipped rule '{name}'; known are {', '.join(texts)}")
            return 2
    scores = [score_of(name) for name in names or texts]
    for score in sorted(scores, key=lambda one: one.share):
        say(f"{score.rule:<28} {_told(score.killed, score.total)}")
        for mutant in score.survivors:
            say(f"    survived: {mutant.kind}: {mutant.what}")
        for mutant in equivalents(texts[score.rule], f"{score.rule}.yaml"):
            say(f"    not counted, it changes nothing: {mutant.kind}: {mutant.what}")
    say()
    killed: Counter[str] = sum((score.killed_by_kind for score in scores), Counter())
    total: Counter[str] = sum((score.total_by_kind for score in scores), Counter())
    for kind in sorted(total):
        say(f"{kind:<28} {_told(killed[kind], total[kind])}")
    say(f"{'all':<28} {_told(killed.total(), total.total())}")
    return 0 if killed.total() >= GOAL * total.total() else 1


def _told(killed: int, total: int) -> str:
    return f"{killed:>4} of {total:>4} killed" + (f"  {100 * killed / total:5.1f} %" if total else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
