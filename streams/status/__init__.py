"""How the system stands, read from what it committed to Kafka."""

from streams.status.endpoints import Endpoint, ask
from streams.status.partition_records import read_definitions, read_partition_records, read_policy
from streams.status.report import (
    OUTCOMES,
    LoaderStatus,
    PartitionStatus,
    PauseStatus,
    QuarantineStatus,
    Status,
    adds_up,
    read_status,
)

__all__ = [
    "OUTCOMES",
    "Endpoint",
    "LoaderStatus",
    "PartitionStatus",
    "PauseStatus",
    "QuarantineStatus",
    "Status",
    "adds_up",
    "ask",
    "read_definitions",
    "read_partition_records",
    "read_policy",
    "read_status",
]
