"""R16: lives of customers around outreach, drawn and judged; no broker is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.outreach.forbidden import findings
from tests.outreach.sabotage import broken
from tests.outreach.scenario import draw_life


@dataclass
class Judged:
    """What the referee found; ``forbidden`` counts everything that should not have been."""

    lives: int = 0
    contacts: int = 0
    decisions: int = 0
    restarts: int = 0
    forbidden: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing forbidden was found in anything at all."""
        return self.contacts > 0 and not self.forbidden


def judge_lives(lives: int, seed: int, sabotage: str = "") -> Judged:
    """Draw so many lives and judge each.

    Args:
        lives: Hypothesis cases.
        seed: of the run.
        sabotage: one of ``tests.outreach.sabotage``; empty: none.
    """
    judged = Judged()

    @seeded(seed)
    @settings(
        max_examples=lives,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32), st.integers(1, 40))
    def judge(number: int, steps: int) -> None:
        life = draw_life(Random(number), steps)
        found = findings(life)
        judged.lives += 1
        judged.contacts += len(life.done("Trigger"))
        judged.decisions += len(life.done("Decision"))
        judged.restarts += life.restarts
        judged.forbidden += len(found)
        judged.examples += found[: 5 - len(judged.examples)]

    with broken(sabotage):
        judge()
    return judged
