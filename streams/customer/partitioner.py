"""Which partition a key belongs to: Kafka's murmur2, as Java clients and ``murmur2_random`` do."""

from __future__ import annotations

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a non-null ``key`` among ``partitions``.

    Source: org.apache.kafka.common.utils.Utils.murmur2 and toPositive.
    """
    if partitions == 1:
        return 0
    length = len(key)
    value = 0x9747B28C ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _MASK
        k = (k ^ k >> 24) * _M & _MASK
        value = (value * _M & _MASK) ^ k
    rest = key[whole:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * _M & _MASK
    value = (value ^ value >> 13) * _M & _MASK
    value ^= value >> 15
    return (value & 0x7FFFFFFF) % partitions
