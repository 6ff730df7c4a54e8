"""A backtest's pace: touchpoints a second on one core, from Avro bytes to the report, with its two readings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.report import Table, progress
from benchmarks.traffic import calls
from schemas import Codec
from streams.backtest import Choice, backtest, choose, read_period, warm_up
from streams.backtest.glance import Glancer, Item, Turn
from streams.backtest.reading import Reading
from streams.backtest.source import LOG, Wanted
from streams.controls import history_clock
from streams.importers import read_bank

GOAL = 50_000
CUSTOMERS = 20_000
START = 915_148_800_000
"""1999-01-01 00:00 UTC, in ms."""
DAYS = 30
BANK = Path(__file__).parents[1] / "samples" / "bank-january-1999.tsv.gz"

RULES = ("queue.long_wait", "queue.abandoned_silent", "contact.repeated")


class Bytes:
    """Touchpoints as they lie in Kafka, without the way from there."""

    clock = LOG

    def __init__(self, title: str, values: list[bytes], codec: Codec) -> None:
        self.title = title
        self.total: int | None = len(values)
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        self._values = values
        self._codec = codec

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One."""
        yield self._items(Glancer(self._codec, wanted.customers))

    def _items(self, glance: Glancer) -> Iterator[Item]:
        yield Turn(history_clock(START, START + 40 * 86_400_000), START)
        for value in self._values:
            yield glance(value, START)


def run(touchpoints: int = 40_000, rules: tuple[str, ...] = RULES, runs: int = 5) -> Table:
    """Backtests of several rules over two histories, and the whole way to compare with.

    Times are processor time: reading, both passes, counting and the report; compiling the rules is
    not in it, it does not grow with the history.
    """
    codec = Codec()
    about = f"touchpoints a second of processor time, all shipped rules and the policy beside, median of {runs}"
    table = Table("backtest", about)
    compiled = {rule: _Compiled(choose(rule, "none", [])) for rule in rules}
    for title, source in _histories(touchpoints, codec):
        for rule, choice in compiled.items():
            progress(f"backtest: {rule} over {title}")
            table.rows.append(_middle([_row(title, rule, source, choice, codec) for _ in range(runs)]))
        progress(f"backtest: everything for everybody over {title}")
        choice = compiled[rules[0]]
        table.rows.append(_middle([_whole_way(title, source, choice, codec)]))
    table.notes.append(
        "everybody: each touchpoint decoded and taken through all rules once, as the worker does; one run"
    )
    return table


def _middle(rows: list[dict[str, object]]) -> dict[str, object]:
    """One row for several runs."""
    rates = [float(str(row["touchpoints/s"])) for row in rows]
    return {**rows[0], "touchpoints/s": median(rates), "lowest": min(rates), "highest": max(rates)}


def _histories(touchpoints: int, codec: Codec) -> Iterator[tuple[str, Bytes]]:
    per_second = touchpoints / (DAYS * 86_400)
    made = calls(touchpoints, CUSTOMERS, START, per_second)
    yield "made-up calls", Bytes("calls", [codec.encode("Touchpoint", one) for one in made], codec)
    real = read_bank(BANK).touchpoints[:touchpoints]
    yield "the bank's January", Bytes("bank", [codec.encode("Touchpoint", one) for one in real], codec)


def _row(title: str, rule: str, source: Bytes, choice: _Compiled, codec: Codec) -> dict[str, object]:
    policy = choice.together(choice.candidate).policy
    period = read_period("1999-01-01", "1999-02-08", "UTC")
    lead = warm_up(choice.candidate.rule, policy)
    began = time.process_time()
    report = backtest(source, choice, policy, period, lead, codec)  # type: ignore[arg-type]
    seconds = time.process_time() - began
    return {
        "history": title,
        "rule": rule,
        "touchpoints": source.total,
        "moments": report.side.moments,
        "customers": f"{report.side.customers:,} of {report.history.customers:,}",
        "touchpoints/s": source.total / seconds if source.total else 0.0,
        "goal": GOAL,
    }


class _Compiled:
    """A choice whose definitions are compiled beforehand; each backtest begins with them as they are."""

    def __init__(self, choice: Choice) -> None:
        self.candidate, self.present, self.why_alone = choice.candidate, choice.present, choice.why_alone
        self.beside, self.origin = choice.beside, choice.origin
        alone, together = choice.alone(choice.candidate), choice.together(choice.candidate)
        for definitions in (alone, together):
            _ = definitions.detector
        self.alone = lambda version: alone
        self.together = lambda version: together


def _whole_way(title: str, source: Bytes, choice: _Compiled, codec: Codec) -> dict[str, object]:
    together = choice.together(choice.candidate)
    found: Counter[str] = Counter()

    def tell(name: str, record: object) -> None:
        found[name] += 1

    everything = Wanted(None, 2**60, lambda kind: True, lambda kind: True)
    reading = Reading(codec, [(together, tell)], everything)
    began = time.process_time()
    reading.read(source)
    seconds = time.process_time() - began
    return {
        "history": title,
        "rule": "(everybody)",
        "touchpoints": source.total,
        "moments": found["Moment"],
        "customers": f"{reading.customers:,}",
        "touchpoints/s": source.total / seconds if source.total else 0.0,
        "goal": "",
    }
