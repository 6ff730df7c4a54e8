"""A customer's emotional state while a record or deadline is taken in: what moves levels, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import Emotion, Touchpoint
from streams.customer.definitions import Definitions
from streams.customer.state import Customer
from streams.detection import EMOTIONS, Feelings, Firing, RuleFailure, Stir, dominant
from streams.outreach import OpenMoment

Reports = list[Firing | RuleFailure]


def take_in(
    customer: Customer,
    touchpoint: Touchpoint,
    resolved: Sequence[OpenMoment],
    found: Reports,
    clock: int,
    definitions: Definitions,
) -> tuple[Reports, list[Emotion]]:
    """Move levels by what a touchpoint resolved, by itself, and by the moments that it made, in this order.

    Args:
        customer: changed in place.
        touchpoint: just taken through the rules of the first stratum.
        resolved: open moments whose cause it solved.
        found: what the rules of the first stratum found.
        clock: ms UTC.
        definitions: the active ones.

    Returns:
        The firings with all that follows from them, and the levels that moved.
    """
    emotions = definitions.emotions
    feelings = Feelings(definitions.detector, customer.detection, emotions, customer.emotions)
    reports: Reports = []
    for one in resolved:
        if one.felt_at is not None and feelings.levels is not None:
            reports += feelings.resolution(
                one.moment_id, one.rule, one.emotion, one.intensity, one.felt_at, touchpoint, clock
            )
    if emotions is not None and (moves := emotions.moves_of(touchpoint)):
        reports += feelings.touchpoint(touchpoint, moves, clock)
    customer_id = touchpoint["customer_id"]
    reports += feelings.follow(found, customer_id, touchpoint["identified"], clock)
    return reports, _kept(customer, customer_id, feelings, definitions)


def fire(customer: Customer, customer_id: str, due: int, definitions: Definitions) -> tuple[Reports, list[Emotion]]:
    """Fire the rules' deadlines up to ``due`` (ms UTC), with all that follows from them; result as of ``take_in``."""
    feelings = Feelings(definitions.detector, customer.detection, definitions.emotions, customer.emotions)
    reports = feelings.deadlines(customer_id, customer.identified, due)
    return reports, _kept(customer, customer_id, feelings, definitions)


def felt_at(firing: Firing, by_deadline: bool, mode: str) -> int | None:
    """When the moment's effect on levels began, ms UTC; None when it has none."""
    if mode != "live" or firing.rule.stratum == 3:
        return None
    return firing.detected_at if by_deadline else firing.evidence[-1].occurred_at


def forget_faded(customer: Customer, clock: int, definitions: Definitions) -> None:
    """Drop levels of which nothing is left at ``clock``, ms UTC."""
    levels, emotions = customer.emotions, definitions.emotions
    if levels is not None and (emotions is None or levels.gone_at(emotions) <= clock):
        customer.emotions = None


def _kept(customer: Customer, customer_id: str, feelings: Feelings, definitions: Definitions) -> list[Emotion]:
    customer.emotions = feelings.levels
    emotions = definitions.emotions
    if emotions is None or not feelings.stirs:
        return []
    return [told for stir in feelings.stirs for told in _told(stir, customer_id, emotions.version)]


def _told(stir: Stir, customer_id: str, version: int) -> list[Emotion]:
    felt = stir.felt
    highest = dominant(felt.after)
    return [
        {
            "customer_id": customer_id,
            "emotion": emotion,
            "level_before": before,
            "level_after": after,
            "cause": stir.cause,
            "cause_id": stir.cause_id,
            "cause_name": stir.cause_name,
            "dominant": highest,
            "occurred_at": stir.occurred_at,
            "at": felt.at,
            "definition_version": version,
        }
        for emotion, before, after in zip(EMOTIONS, felt.before, felt.after, strict=True)
        if before != after
    ]
