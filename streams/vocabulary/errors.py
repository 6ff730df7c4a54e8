"""Errors of the vocabulary.

VocabularyFileError    a vocabulary file cannot be used: all its mistakes, each file:line:column
"""

from __future__ import annotations

from streams.detection.errors import RuleFileError


class VocabularyFileError(RuleFileError):
    """A vocabulary file that cannot be used; message and ``mistakes`` as for a rule file."""
