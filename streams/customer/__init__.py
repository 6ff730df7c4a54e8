"""The customer core, pure: state, apply, and one partition as a machine."""

from streams.customer.apply import Effects, apply, attend
from streams.customer.errors import CustomerError, StateFormatError
from streams.customer.ledger import PartitionRecord
from streams.customer.outputs import Output
from streams.customer.partition import Partition, process_all
from streams.customer.partitioner import partition_of
from streams.customer.record import Record
from streams.customer.state import Customer, decode_customer, encode_customer

__all__ = [
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
