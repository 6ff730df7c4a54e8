"""The touchpoint vocabulary: types, properties, units, and what does not fit them. Pure."""

from streams.vocabulary.channels import CHANNELS
from streams.vocabulary.counting import ViolationCounting, read_violation_counter, violation_counter
from streams.vocabulary.errors import VocabularyFileError
from streams.vocabulary.page import bounds_text, requirements, vocabulary_page
from streams.vocabulary.property import Property
from streams.vocabulary.reader import parse_vocabulary
from streams.vocabulary.rule_words import unheard_types
from streams.vocabulary.shipped import shipped_vocabulary
from streams.vocabulary.touchpoint_type import TouchpointType
from streams.vocabulary.vocabulary import KINDS, Violation, Vocabulary

__all__ = [
    "CHANNELS",
    "KINDS",
    "Property",
    "TouchpointType",
    "Violation",
    "ViolationCounting",
    "Vocabulary",
    "VocabularyFileError",
    "bounds_text",
    "parse_vocabulary",
    "read_violation_counter",
    "requirements",
    "shipped_vocabulary",
    "unheard_types",
    "violation_counter",
    "vocabulary_page",
]
