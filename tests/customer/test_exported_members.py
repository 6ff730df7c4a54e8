"""What others may use of the customer core."""

from __future__ import annotations

import streams.customer


def test_the_door_of_the_core_is_exactly_this() -> None:
    assert streams.customer.__all__ == [
        "Customer",
        "CustomerError",
        "Effects",
        "Output",
        "Partition",
        "PartitionRecord",
        "Record",
        "StateFormatError",
        "apply",
        "attend",
        "decode_customer",
        "encode_customer",
        "partition_of",
        "process_all",
    ]


def test_every_name_at_the_door_is_there() -> None:
    assert [name for name in streams.customer.__all__ if not hasattr(streams.customer, name)] == []
