"""Kafka in, Kafka out: from touchpoints to moments, decisions and outreach triggers."""
