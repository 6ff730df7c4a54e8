"""Errors of mappings.

MappingFileError    a mapping cannot be used: all its mistakes, each file:line:column
"""

from __future__ import annotations

from streams.detection import RuleFileError


class MappingFileError(RuleFileError):
    """A mapping that cannot be used; message and ``mistakes`` as for a rule file."""
