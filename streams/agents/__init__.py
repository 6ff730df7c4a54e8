"""Faust agents, one per file."""

from streams.agents.customer import customer_agent

__all__ = ["customer_agent"]
