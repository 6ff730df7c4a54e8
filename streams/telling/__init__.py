"""What ClickHouse knows, told to people: stories of customers and events, answers as tables."""

from streams.telling.answers import answer_table
from streams.telling.records import Records, of_customer, of_event
from streams.telling.story import facts, story, why_not

__all__ = ["Records", "answer_table", "facts", "of_customer", "of_event", "story", "why_not"]
