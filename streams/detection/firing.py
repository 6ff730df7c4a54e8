"""What detection reports: a firing, or the failure of one rule."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

import msgspec

from schemas.types import Value
from streams.detection.evidence import Evidence
from streams.detection.rule import DOMINANT, Rule

_encode = msgspec.json.Encoder().encode

MAX_EVIDENCE = 50
"""Most touchpoints that a firing shows beside its opening; the newest stay."""


class Firing(msgspec.Struct, frozen=True):
    """A moment found. Times in ms UTC."""

    rule: Rule
    evidence: list[Evidence]
    """By occurred_at: the opening first, then at most the newest ``MAX_EVIDENCE``."""
    n: int
    """How many firings with this opening there have been, this one included."""
    detected_at: int
    """The clock; of an absence its deadline."""
    context: dict[str, Value]
    """Kept values, and the operator's own facts (``count``, ``distinct``); keys sorted."""
    moment_id: str
    """As ``moment_id`` gives it."""

    @property
    def emotion(self) -> str:
        """The rule's, or the one that its operator found to dominate."""
        emotion = self.rule.emotion
        return str(self.context["dominant"]) if emotion == DOMINANT else emotion

    @property
    def opening(self) -> Evidence:
        """The oldest evidence."""
        return self.evidence[0]

    @property
    def channel(self) -> str:
        """Channel of the last evidence."""
        return self.evidence[-1].channel

    @property
    def correlation_id(self) -> str | None:
        """Correlation of the opening."""
        return self.evidence[0].correlation_id


class RuleFailure(msgspec.Struct, frozen=True):
    """A rule that raised, at one touchpoint or deadline of one customer; the other rules went on."""

    rule: str
    version: int
    detail: str
    """Kind and place of the exception. Never its text, which may hold personal data."""


def moment_id(rule: str, version: int, opening: Evidence, n: int) -> str:
    """A moment's id, 32 hex digits: the first 128 bits of SHA-256 over what makes it this moment.

    Hashed is the JSON list [rule, version, source, event_id, customer_id, occurred_at, n], the
    four in the middle being the opening touchpoint's as published.
    """
    parts = [rule, version, opening.source, opening.event_id, opening.customer_id, opening.occurred_at, n]
    return hashlib.sha256(_encode(parts)).hexdigest()[:32]


def rule_failure(rule: Rule, error: Exception) -> RuleFailure:
    """The report of ``error``."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {PurePath(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}" if trace else ""
    return RuleFailure(rule.id, rule.version, f"{type(error).__name__}{place}")
