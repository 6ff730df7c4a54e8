"""The backtest itself: two readings of the history, then one report.

1. Only the rule (and its present version) runs, on the touchpoints that it listens to; the others
   are glanced at. That finds the customers whom it touches: few, of many.
2. Everything runs, all rules and the policy, but only for those customers, on all their touchpoints.
   Customers have nothing to do with each other, so for them it is what the worker would have done.
3. The counts of both readings are held against each other.

A rule that listens to other rules' moments cannot run alone; for such a one all run at 1 already.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b

from schemas import Codec
from streams.backtest.choice import Choice, Version
from streams.backtest.diff import difference
from streams.backtest.errors import DoesNotAddUp
from streams.backtest.hearing import hears, hears_anonymous, is_standing, meets
from streams.backtest.overlap import overlaps
from streams.backtest.period import Period
from streams.backtest.reading import FATES, PASSED_OVER, READ, TAKEN, Reading
from streams.backtest.report import Equation, Failure, HistoryFacts, PeriodFacts, Report, RuleFacts
from streams.backtest.side import side_of
from streams.backtest.source import Source, Wanted
from streams.backtest.tally import Tally, Touched
from streams.backtest.timeline import Example, Examples, TimeLines
from streams.backtest.warm_up import WarmUp, contact_memory_ms
from streams.backtest.words import counted
from streams.backtest.world import Tell
from streams.detection.durations import duration_text
from streams.outreach import Policy

SAMPLED = 200
"""Most customers whose time lines are kept for examples, of each version of the rule."""

_RARE = 500_000
"""More new objects than those whose customers are kept decoded come to."""

Told = Callable[[str, int], None]
"""Progress: which reading, and how many touchpoints more."""

FINDING, ANSWERING = "finding the moments", "answering them"


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Customers' states are many small objects and no cycles: looking for those costs more than all rules."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_RARE, 1_000, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@_rare_collections()
def backtest(
    source: Source,
    choice: Choice,
    policy: Policy,
    period: Period,
    warm_up: WarmUp,
    codec: Codec,
    examples: int = 10,
    told: Told = lambda reading, count: None,
) -> Report:
    """What the rule would have done.

    Args:
        source: read twice.
        choice: what runs.
        policy: the one among ``choice``, for what the report says of it.
        period: moments detected in it count.
        warm_up: how much before it is taken in.
        codec: reads touchpoints of which the source has bytes.
        examples: most of them, of each kind.
        told: progress.

    Raises:
        DoesNotAddUp: a fault of this program.
    """
    began = time.perf_counter()
    rule_id = choice.candidate.rule.id
    versions = [choice.candidate, *([choice.present] if choice.present is not None else [])]
    since = None if warm_up.ms is None else period.start - warm_up.ms
    period = replace(period, warm_start=since)
    # 1. whom it touches
    needs_all = any(version.rule.stratum > 1 for version in versions)
    together = [choice.together(version) for version in versions]
    touched = [Touched(rule_id, period) for _ in versions]
    alone = together if needs_all else [choice.alone(version) for version in versions]
    rules = [version.rule for version in versions]
    finding = Reading(
        codec,
        [(definitions, one) for definitions, one in zip(alone, touched, strict=True)],
        Wanted(since, period.end, is_standing, lambda kind: True)
        if needs_all
        else Wanted(since, period.end, is_standing, hears(rules), None, hears_anonymous(rules), meets(rules)),
        told=lambda count: told(FINDING, count),
    )
    finding.read(source)
    history = _history(source, finding)
    # 2. what came of it
    customers = frozenset().union(*(one.customers for one in touched))
    time_lines = TimeLines(_sample(touched) if examples else frozenset())
    tallies = [Tally(rule_id, period) for _ in versions]
    shown = [Examples(rule_id, period, time_lines) for _ in versions]
    answering = Reading(
        codec,
        [(definitions, _both(tally, kept)) for definitions, tally, kept in zip(together, tallies, shown, strict=True)],
        Wanted(since, period.end, is_standing, lambda kind: True, customers),
        watch=time_lines,
        told=lambda count: told(ANSWERING, count),
    )
    if customers:
        answering.read(source)
    seconds = time.perf_counter() - began
    # 3. the report
    side = side_of(tallies[0], period)
    diff = None
    if choice.present is not None:
        kept = (list(shown[0].found.values()), list(shown[1].found.values()))
        diff = difference(facts_of(choice.present), tallies[0], tallies[1], period, kept, examples)
    report = Report(
        rule=facts_of(choice.candidate),
        policy=policy.id,
        policy_version=policy.version,
        beside=_beside(choice),
        period=PeriodFacts(
            start=period.start,
            end=period.end,
            zone=period.zone.key,
            warm_up_from=since,
            warm_up_why=warm_up.why,
        ),
        history=history,
        side=side,
        overlaps=overlaps(tallies[0], period),
        diff=diff,
        no_diff=choice.why_alone,
        examples=chosen(list(shown[0].found.values()), examples),
        failures=_failures(tallies[0]),
        equations=[],
        notes=_notes(choice, policy, warm_up),
        seconds=round(seconds, 3),
        touchpoints_per_second=round(history.read / seconds, 1),
    )
    report.equations = _equations(report, finding, tallies, touched)
    for one in report.equations:
        if one.left != one.right:
            raise DoesNotAddUp(f"{one.name}: {one.left} against {one.right}", "report it with the rule and the history")
    return report


def facts_of(version: Version) -> RuleFacts:
    """What the report says of a version of the rule."""
    rule = version.rule
    return RuleFacts(
        id=rule.id,
        version=rule.version,
        title=rule.title,
        emotion=rule.emotion,
        mode=rule.mode,
        file=version.filename,
    )


def chosen(found: list[Example], most: int) -> list[Example]:
    """Examples of every outcome in turn; within one by moment id, which is as good as drawn by lot."""
    groups: dict[tuple[str, str], list[Example]] = {}
    for example in sorted(found, key=lambda one: one.moment_id):
        groups.setdefault((example.status, example.reason), []).append(example)
    taken: list[Example] = []
    queues = [groups[key] for key in sorted(groups, key=lambda key: (key[0] != "triggered", key))]
    while queues and len(taken) < most:
        for queue in queues:
            if len(taken) < most:
                taken.append(queue.pop(0))
        queues = [queue for queue in queues if queue]
    return taken


def _both(tally: Tell, kept: Tell) -> Tell:
    def tell(name: str, record: object) -> None:
        tally(name, record)  # type: ignore[arg-type]
        kept(name, record)  # type: ignore[arg-type]

    return tell


def _sample(touched: list[Touched]) -> frozenset[str]:
    """Customers of each version, and first those of one version only; the same at each run."""
    sampled: set[str] = set()
    for number, one in enumerate(touched):
        others = [other.customers for place, other in enumerate(touched) if place != number]
        drawn = sorted(one.customers, key=lambda customer: blake2b(customer.encode(), digest_size=8).digest())
        differing = [
            customer for customer in drawn if any(one.customers[customer] != other[customer] for other in others)
        ]
        sampled.update(differing[: SAMPLED // 2])
        sampled.update(drawn[:SAMPLED])
    return frozenset(sampled)


def _history(source: Source, finding: Reading) -> HistoryFacts:
    return HistoryFacts(
        source=source.title,
        clock=source.clock,
        read=finding.fates[READ] + source.left_out,
        customers=finding.customers if source.customers is None else source.customers,
        fates={fate: finding.fates[fate] + (source.left_out if fate == PASSED_OVER else 0) for fate in FATES},
        outcomes=dict(finding.outcomes),
        refused=dict(source.refused),
    )


def _failures(tally: Tally) -> list[Failure]:
    return [Failure(rule=rule, detail=detail, times=times) for (rule, detail), times in tally.failures.most_common()]


def _beside(choice: Choice) -> str:
    rules = sum(one.kind == "rule" for one in choice.beside)
    return f"{counted(rules, 'other rule')} and the policy: {choice.origin}"


def _notes(choice: Choice, policy: Policy, warm_up: WarmUp) -> list[str]:
    notes = []
    rule = choice.candidate.rule
    if rule.mode != "live":
        notes.append(f"The rule says mode: {rule.mode}; it was run as if live.")
    if rule.id not in policy.by_moment:
        notes.append(f"No action of policy {policy.id} answers {rule.id}, so no contact could come of it.")
    contacts = contact_memory_ms(rule.id, policy)
    if warm_up.ms is not None and contacts > warm_up.ms:
        notes.append(
            f"The policy looks back {duration_text(contacts)}, the warm-up is {duration_text(warm_up.ms)}: "
            "early in the period it knows fewer contacts than it would have, and stops fewer."
        )
    return notes


def _equations(report: Report, finding: Reading, tallies: list[Tally], touched: list[Touched]) -> list[Equation]:
    side, history = report.side, report.history
    made = [
        ("records read, and what became of them", history.read, sum(history.fates.values())),
        ("touchpoints taken in, and what became of them", finding.fates[TAKEN], sum(history.outcomes.values())),
        ("moments of both readings", touched[0].customers.total(), side.moments),
        ("customers of both readings", len(touched[0].customers), side.customers),
        ("moments, and those of all days", side.moments, sum(day.moments for day in report.side.days)),
        ("moments, and those of all customers", side.moments, sum(n * who for n, who in side.per_customer.items())),
        ("moments, and those of all channels", side.moments, sum(side.channels.values())),
        ("decisions and moments", side.triggered + side.refused + side.waiting, side.moments),
        ("contacts, and those of all actions and channels", side.triggered, sum(c.contacts for c in side.contacts)),
        ("contacts, and those of all days", side.triggered, sum(day.contacts for day in side.days)),
        ("contacts, and triggers that were written", side.triggered, tallies[0].triggers),
        ("refusals, and those of all reasons", side.refused, sum(one.moments for one in side.reasons)),
    ]
    if (diff := report.diff) is not None:
        made += [
            ("present moments of both readings", touched[1].customers.total(), diff.side.moments),
            ("moments: with the present version and only new", side.moments, diff.both + diff.only_new),
            ("present moments: with this version and only old", diff.side.moments, diff.both + diff.only_old),
            (
                "customers gained and lost",
                side.customers - diff.side.customers,
                diff.customers_gained - diff.customers_lost,
            ),
        ]
    return [Equation(name=name, left=left, right=right) for name, left, right in made]
