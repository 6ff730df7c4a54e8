"""Errors of delivery.

DeliverFileError      deliver.yaml cannot be used: all its mistakes, each file:line:column
MissingSecret         an environment variable that deliver.yaml names is not set, or holds no secret
HostileTarget         an address outside of what may be called: internal, or a trick
Unwritable            a trigger that cannot be made into what the endpoint takes; trying again would not help
BadSignature          a message that is not from whom it says, or too old
"""

from __future__ import annotations

from streams.detection.errors import RuleFileError
from streams.errors import MomentousError


class DeliverFileError(RuleFileError):
    """A file of endpoints that cannot be used; message and ``mistakes`` as for a rule file."""


class MissingSecret(MomentousError):
    """A secret that is not where the file says it is."""


class HostileTarget(ValueError):
    """A URL or an address that may not be called; the message says why, without the address's owner."""


class Unwritable(ValueError):
    """No message can be made of a trigger.

    Args:
        reason: a fixed word, like ``no_address``.
        detail: for people; no personal data.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class BadSignature(ValueError):
    """A message that must not be believed."""
