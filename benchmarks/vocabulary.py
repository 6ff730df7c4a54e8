"""Holding a touchpoint against the vocabulary: what it adds to one, in microseconds of processor time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

from benchmarks.report import Table, progress
from benchmarks.traffic import calls
from schemas import Codec, Touchpoint
from streams.vocabulary import shipped_vocabulary

GOAL_US = 1.0
START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""


def run(touchpoints: int = 2_000, runs: int = 200) -> Table:
    """The least of ``runs`` over touchpoints that were just decoded, as in a lane.

    Decoding alone and decoding with the check take turns; the difference is the check's. The least,
    since whatever else the machine does only adds, and more than the check takes.
    """
    vocabulary, codec = shipped_vocabulary(), Codec()
    traffic = list(calls(touchpoints, 1_000, START, 100))
    odd: list[Touchpoint] = [{**one, "properties": {**one["properties"], "mood": "bad"}} for one in traffic]
    table = Table(
        "vocabulary", f"microseconds a touchpoint of the bank's kind, least of {runs} runs over {touchpoints:,}"
    )
    for what, made, goal in (("fits", traffic, GOAL_US), ("one property unknown", odd, None)):
        data = [codec.encode("Touchpoint", one) for one in made]
        unlike = sum(bool(vocabulary.kinds(one)) for one in made)
        if unlike != (0 if made is traffic else len(made)):
            raise RuntimeError(f"{what}: {unlike} of {len(made)} do not fit")
        alone, checked = [], []
        for number in range(runs):
            if number % 50 == 0:
                progress(f"vocabulary: {what}, run {number + 1} of {runs}")
            alone.append(_microseconds(codec, data, None))
            checked.append(_microseconds(codec, data, vocabulary.kinds))
        least, with_check = min(alone), min(checked)
        row = {"what": what, "decode": least, "with check": with_check, "check adds": with_check - least}
        table.rows.append({**row, "goal": goal if goal is not None else ""})
    return table


def _microseconds(codec: Codec, data: Sequence[bytes], check: Callable[[Touchpoint], object] | None) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.thread_time_ns()
        for one in data:
            touchpoint = codec.decode(one)[1]
            if check is not None:
                check(touchpoint)  # type: ignore[arg-type]
        return (time.thread_time_ns() - started) / len(data) / 1_000
    finally:
        gc.enable()
