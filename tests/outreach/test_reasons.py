"""Every reason that a check may give is in the list that people read."""

from __future__ import annotations

import ast
import inspect

from streams.outreach import REASONS, checks
from streams.outreach.state import CONSENT_TYPES


def reasons_in_the_code() -> set[str]:
    """Text constants at the head of what the checks return."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(checks))):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            head = node.value.elts[0]
            found |= {
                one.value for one in ast.walk(head) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return found - {"consent_"}


def test_every_reason_of_a_check_is_explained() -> None:
    made = reasons_in_the_code()
    assert {"paused", "expired", "cool_down", "consent_none"} <= made
    assert made - REASONS.keys() == set()


def test_every_answer_to_the_question_of_consent_is_explained() -> None:
    refusals = {f"consent_{status}" for status in CONSENT_TYPES.values()} - {"consent_granted"}
    assert refusals - REASONS.keys() == set()
