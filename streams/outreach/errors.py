"""Errors of outreach.

PolicyFileError    a policy file cannot be used: all its mistakes, each file:line:column
"""

from __future__ import annotations

from streams.detection.errors import RuleFileError


class PolicyFileError(RuleFileError):
    """A policy file that cannot be used; message and ``mistakes`` as for a rule file."""
