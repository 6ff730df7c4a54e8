"""Errors of the conformance runner.

Refused    a case asks for something that the rule language does not have
"""

from __future__ import annotations


class Refused(Exception):
    """The message names the operator that is not supported."""
