"""The demo's second act: a small city whose moments are known, through the same pipeline, and the score.

It begins a month after the first act, so the clock only has to go on. What was found is
read back from ClickHouse and held against the city's own account.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from clickhouse_connect.driver.client import Client
from rich.console import Console

from schemas import Codec
from streams import interrupts
from streams.city_player import Pace, Played, ToKafka, play_city
from streams.demo.brake import Brake
from streams.demo.offsets import Offsets
from streams.errors import MomentousError
from streams.found_moments import from_clickhouse
from streams.publishing import Publisher
from streams.settings import Settings
from streams.simulation import City, CityPlan, plan_city, read_truth, score
from streams.telling.scores import score_table

START = 920_246_400_000
"""1999-03-01 00:00 UTC, ms: behind the first act, and not so far that its clock would have years to catch up."""

TRUTH = "city-truth.jsonl"
_POLL_SECONDS = 0.05


class CityFailed(MomentousError):
    """Moments of the city were missed, or found where there are none."""


class Until(Protocol):
    """Waits until something is done, or says what stands still."""

    def __call__(self, done: Callable[[], bool], trouble: str, /) -> None: ...


def demo_plan() -> CityPlan:
    """The city of the demo: every planted story is in it."""
    return plan_city(START, customers=900, days=9, seed=7)


def wanted(console: Console, choice: bool | None) -> bool:
    """Whether to play it: as chosen, else as somebody at the terminal says; nobody there means no."""
    if choice is not None:
        return choice
    if not (console.is_terminal and sys.stdin.isatty()):
        return False
    answer = console.input("\nA second act: a city whose every moment is known, and the score. Play it? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


class CityAct:
    """Plays the city and tells how well it was understood.

    Args:
        until: waits for a step, watching the processes meanwhile.
        check: raises when a process of the demo has ended.
    """

    def __init__(
        self,
        console: Console,
        settings: Settings,
        codec: Codec,
        offsets: Offsets,
        until: Until,
        check: Callable[[], None],
    ) -> None:
        self._console = console
        self._settings = settings
        self._codec = codec
        self._offsets = offsets
        self._until = until
        self._check = check

    def play(self, client: Client, plan: CityPlan | None = None) -> None:
        """From the first touchpoint to the table.

        Raises:
            CityFailed: an error without a reason.
        """
        console, truth = self._console, Path(self._settings.data_dir) / TRUTH
        plan = plan or demo_plan()
        console.print(f"\n[bold]A city of {plan.customers:,} customers[/bold], {plan.days:.0f} days, seed {plan.seed}")
        began = time.monotonic()
        with console.status("customers live their days; worker and loader follow"):
            played = self._publish(plan, truth)
            ends = self._offsets.ends()
            self._until(lambda: self._offsets.work().applied == ends, "the worker stands still")
            self._until(self._offsets.all_loaded, "the loader stands still")
        console.print(
            f"{played.touchpoints:,} touchpoints, {played.planted:,} planted stories, "
            f"{played.moments.total():,} moments to be found; {time.monotonic() - began:.1f} s"
        )
        with truth.open("rb") as lines:
            scores = score(read_truth(lines, str(truth)), from_clickhouse(client))
        console.print(score_table(scores))
        if wrong := [one.rule for one in scores if one.known and one.unexcused]:
            raise CityFailed(f"errors without a reason: {', '.join(wrong)}", f"compare with {truth}")

    def _publish(self, plan: CityPlan, truth: Path) -> Played:
        """Publish at the pace of the slowest reader."""
        brake: Brake

        def wait() -> None:
            interrupts.check()
            publisher.poll(_POLL_SECONDS)
            self._check()

        def before_each() -> None:
            interrupts.check()
            brake.wait()

        publisher = Publisher(self._settings, self._codec, lambda *record: brake.acknowledged(*record))
        brake = Brake(lambda: (self._offsets.worker(), self._offsets.loader()), lambda: publisher.in_flight, wait)
        with publisher:
            outlet = ToKafka(publisher, before_each=before_each)
            return play_city(lambda tell: City(plan, tell), outlet, Pace(0, plan.start), truth)
