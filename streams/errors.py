"""Errors that a person can act on; the command line turns each into one line and an exit code.

MomentousError
├── Unreachable      a service does not answer: which, where, what to check
├── TopicMismatch    topics exist that are not as the contract needs them
└── DeliveryFailed   the broker refused records for good
"""

from __future__ import annotations


class MomentousError(Exception):
    """What is wrong and where; ``remedy`` says what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class Unreachable(MomentousError):
    """A service that does not answer."""


class TopicMismatch(MomentousError):
    """Topics that cannot be used or made as they must be."""


class DeliveryFailed(MomentousError):
    """Records that did not reach the broker and will not."""
