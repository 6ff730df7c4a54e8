"""A case of a policy's tests: a customer, what happens, and every decision that must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas import Touchpoint, Value

MOMENT_TYPE, MAKES = "momentous.test", "makes"
"""Type of the touchpoints that stand for moments, and the property that names the rules, each as
:func:`named` writes it."""


def named(rule: str) -> str:
    """The rule as the property names it: no id is part of another."""
    return f"[{rule}]"


@dataclass(frozen=True, slots=True)
class MomentRule:
    """A rule whose moments a case makes: one at each touchpoint that names it.

    Attributes:
        id: of the rule.
        mode: ``live`` or ``shadow``.
        expires_after: other than the rule's own, as ``4h``; None: the rule's own.
        keep: fields that the moments carry besides the rule's own.
    """

    id: str
    mode: str
    expires_after: str | None
    keep: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """The kill switch is thrown: for all outreach or one action."""

    target: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on the time line, and when it reaches the log (ms UTC).

    Attributes:
        of: the moment whose contact the touchpoint reports on; its ``trigger_id`` is known when it is played.
    """

    at: int
    what: Touchpoint | Switch
    of: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedDecision:
    """A decision that a case expects; ``facts`` holds what it compares besides time, moment and status.

    Attributes:
        at: ms UTC.
        moment: its id in the case.
        status: ``triggered``, ``refused``, ``deferred`` or ``cancelled``.
        facts: of ``action``, ``reason``, ``channel``, ``attempt``; ``not_before``, ``deliver_until`` and
            ``expires_at`` in ms UTC.
        inputs: of a check, the inputs that it must have noted, by ``check.input``.
    """

    at: int
    moment: str
    status: str
    facts: Mapping[str, Value]
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One case. Times in ms UTC; ``until`` None: it ends with the last happening."""

    name: str
    line: int
    start: int
    rules: tuple[MomentRule, ...]
    happenings: tuple[Happening, ...]
    until: int | None
    decisions: tuple[ExpectedDecision, ...]
