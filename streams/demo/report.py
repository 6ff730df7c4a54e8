"""What the demo says at its end, all of it read from ClickHouse and Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from rich.console import Console

from sinks.queries import run_query
from streams.customer.ledger import ACCEPTED, DEAD, DROPPED, DUPLICATE, IN, LATE
from streams.errors import MomentousError
from streams.telling import answer_table, of_customer, story, why_not

OUTCOMES = (ACCEPTED, DUPLICATE, LATE, DEAD, DROPPED)
STORY_LINES = 10
_ROWS = 8

_EXAMPLE = """
SELECT customer_id, min(evidence.event_id[-1]) AS event
FROM triggers
WHERE customer_id IN (
    SELECT customer_id FROM
    (
        SELECT customer_id FROM touchpoints
        UNION ALL SELECT customer_id FROM moments
        UNION ALL SELECT customer_id FROM decisions
        UNION ALL SELECT customer_id FROM triggers
    )
    GROUP BY customer_id
    HAVING count() BETWEEN 5 AND {lines:UInt32}
)
GROUP BY customer_id
ORDER BY count() DESC, customer_id
LIMIT 1
"""
_TWICE = """
SELECT
    (SELECT count() - uniqExact(moment_id, phase) FROM moments)
    + (SELECT count() - uniqExact(decision_id) FROM decisions)
    + (SELECT count() - uniqExact(trigger_id) FROM triggers)
"""
_QUESTIONS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("service-level", {}),
    ("first-contact-resolution", {}),
    ("moments-by-hour", {"rule": "queue.long_wait", "since": "1999-01-04 00:00:00", "until": "1999-01-05 00:00:00"}),
)


class Example(NamedTuple):
    """A customer with a trigger and a story that fits, and the last event of a trigger's evidence."""

    customer_id: str
    event_id: str


class DoesNotAddUp(MomentousError):
    """A record is missing somewhere, or counted twice."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the demo did and measured.

    Attributes:
        calls, consents: touchpoints that Kafka acknowledged, by what they are.
        worker_seconds: from the first touchpoint to the worker's last transaction.
        loaded_seconds: from the first touchpoint to the last row in ClickHouse.
        counters: the worker's, over all partitions.
    """

    calls: int
    consents: int
    worker_seconds: float
    loaded_seconds: float
    counters: Counter[str]

    @property
    def published(self) -> int:
        """All touchpoints."""
        return self.calls + self.consents


def report(console: Console, client: Client, run: Run) -> Example | None:
    """Print the findings; returns the customer whose story was told, if one was found.

    Raises:
        DoesNotAddUp: the counts of publisher, worker and ClickHouse disagree; printed all the same.
    """
    example = _example(client)
    parts: tuple[tuple[str, Callable[[], None]], ...] = (
        ("Moments, by kind and emotion", lambda: _moments(console, client)),
        ("Outreach: triggered, and not triggered with the reasons", lambda: _decisions(console, client)),
        ("One customer's story (UTC)", lambda: _one_customer(console, client, example)),
        ("Three questions an analyst would ask", lambda: _questions(console, client)),
        ("The rate", lambda: _rate(console, run)),
        ("Does it add up?", lambda: _conservation(console, client, run)),
    )
    for title, part in parts:
        console.print(f"\n[bold]{title}[/bold]")
        part()
    return example


def _moments(console: Console, client: Client) -> None:
    answer = run_query(client, "moments-by-rule")
    console.print(answer_table(answer.columns, answer.rows, answer.query.title))


def _decisions(console: Console, client: Client) -> None:
    answer = run_query(client, "decisions-by-reason")
    status, reason, count = (answer.columns.index(name) for name in ("status", "reason", "decisions"))
    counts: Counter[tuple[str, str]] = Counter()
    for row in answer.rows:
        counts[row[status], row[reason]] += row[count]
    totals: Counter[str] = Counter()
    for (word, _), number in counts.items():
        totals[word] += number
    console.print(f"triggered: {totals['triggered']:,}, each with a consent")
    if totals["deferred"]:
        console.print(f"put off, and decided again when it was time: {totals['deferred']:,}")
    console.print(f"not triggered: {totals.total() - totals['triggered'] - totals['deferred']:,}")
    for (word, why), number in counts.most_common():
        if word not in ("triggered", "deferred"):
            console.print(f"  {number:7,}  {word}: {why_not(why)}")


def _example(client: Client) -> Example | None:
    found = client.query(_EXAMPLE, parameters={"lines": STORY_LINES}).result_rows
    return Example(*found[0]) if found else None


def _one_customer(console: Console, client: Client, example: Example | None) -> None:
    if example is None:
        console.print(f"nobody was contacted whose story fits into {STORY_LINES} lines")
        return
    console.print(f"customer {example.customer_id}")
    for line in story(of_customer(client, example.customer_id))[:STORY_LINES]:
        console.print(line, soft_wrap=True)


def _questions(console: Console, client: Client) -> None:
    for name, params in _QUESTIONS:
        answer = run_query(client, name, params)
        options = "".join(f" --param '{key}={value}'" for key, value in params.items())
        console.print(f"\n$ momentous query {name}{options}", soft_wrap=True)
        console.print(answer_table(answer.columns, answer.rows[:_ROWS], answer.query.title))


def _rate(console: Console, run: Run) -> None:
    console.print(
        f"{run.published:,} touchpoints through rules, policy, changelog and transactions in "
        f"{run.worker_seconds:.1f} s: {run.published / run.worker_seconds:,.0f} a second; "
        f"all of it in ClickHouse after {run.loaded_seconds:.1f} s.\n"
        "This is the embedded broker on this machine, with the publisher waiting for its readers; "
        "`make bench` measures a real one."
    )


def _conservation(console: Console, client: Client, run: Run) -> None:
    parts = " + ".join(f"{run.counters[outcome]:,} {outcome}" for outcome in OUTCOMES)
    console.print(f"published  {run.calls:,} of the calls + {run.consents:,} synthetic consents = {run.published:,}")
    console.print(f"worker     {run.counters[IN]:,} in = {parts}")
    answer = run_query(client, "conservation")
    stored = dict(zip(answer.columns, answer.rows[0], strict=True))
    parts = " + ".join(f"{stored[outcome]:,} {outcome}" for outcome in OUTCOMES)
    console.print(f"ClickHouse {stored['loaded']:,} loaded = {parts}")
    # An aborted transaction's outputs stay visible on the embedded broker: they would show here.
    twice = int(client.query(_TWICE).result_rows[0][0])
    console.print(f"twice      {stored['doubled']:,} touchpoints, {twice:,} moments, decisions or triggers")
    faults = _faults(run, stored, twice)
    if faults:
        raise DoesNotAddUp(
            f"the counts disagree: {', '.join(faults)}", "this is a defect; please report it with the logs"
        )
    console.print("It adds up, to the record.")


def _faults(run: Run, stored: Mapping[str, int], outputs_twice: int) -> list[str]:
    outcomes = {outcome: run.counters[outcome] for outcome in OUTCOMES}
    checks = {
        "worker in = published": run.counters[IN] == run.published,
        "worker in = sum of outcomes": run.counters[IN] == sum(outcomes.values()),
        "loaded = published": stored["loaded"] == run.published,
        "ClickHouse agrees on each outcome": all(stored[outcome] == outcomes[outcome] for outcome in OUTCOMES),
        "every row once": bool(stored["adds_up"]),
        "every output once": outputs_twice == 0,
    }
    return [f"not {name}" for name, holds in checks.items() if not holds]
