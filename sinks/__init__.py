"""Kafka to ClickHouse."""
