"""What ClickHouse knows, told to people: stories of customers and events, answers as tables."""

from streams.telling.answers import answer_table
from streams.telling.explanation import explanation, sentences
from streams.telling.records import Records, of_customer, of_event
from streams.telling.story import facts, story, why_not
from streams.telling.told_decision import told_candidates

__all__ = [
    "Records",
    "answer_table",
    "explanation",
    "facts",
    "of_customer",
    "of_event",
    "sentences",
    "story",
    "told_candidates",
    "why_not",
]
