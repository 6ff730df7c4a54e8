"""librdkafka configuration that every client of ours shares."""

from __future__ import annotations

from typing import Any

from streams.settings import Settings

PARTITIONER = "murmur2_random"
"""Java's default partitioner; librdkafka's own default is another one."""


def client_config(settings: Settings) -> dict[str, Any]:
    """Address, TLS and SASL for ``confluent_kafka`` clients."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        files = {
            "ssl.ca.location": settings.kafka_ssl_ca,
            "ssl.certificate.location": settings.kafka_ssl_certificate,
            "ssl.key.location": settings.kafka_ssl_key,
        }
        config |= {name: path for name, path in files.items() if path}
    if "SASL" in settings.kafka_security_protocol:
        config |= {
            "sasl.mechanism": settings.kafka_sasl_mechanism,
            "sasl.username": settings.kafka_sasl_username,
            "sasl.password": settings.kafka_sasl_password,
        }
    return config


def producer_config(settings: Settings, **more: Any) -> dict[str, Any]:
    """A producer that loses nothing, keeps order and partitions as Java does."""
    return {
        **client_config(settings),
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": PARTITIONER,
        "compression.type": "lz4",
        **more,
    }


def consumer_config(settings: Settings, **more: Any) -> dict[str, Any]:
    """A consumer that sees committed records only and commits nothing by itself."""
    return {
        **client_config(settings),
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        **more,
    }
