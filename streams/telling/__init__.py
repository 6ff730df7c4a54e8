"""What ClickHouse knows, told to people: stories of customers and events, answers as tables."""

from streams.telling.answers import answer_table
from streams.telling.records import Records, of_customer, of_event
from streams.telling.story import story, when, why_not

__all__ = ["Records", "answer_table", "of_customer", "of_event", "story", "when", "why_not"]
