"""Readers of files: each turns rows into touchpoints, and says which rows it refused and why."""

from streams.importers.bank import PHANTOM, BankLog, read_bank
from streams.importers.consents import ConsentLog, read_consents
from streams.importers.event_log import EventLog, RefusedRow
from streams.importers.json_lines import read_json_lines
from streams.importers.mapping import Mapping, MappingFileError, parse_mapping
from streams.importers.published import read_completejourney, read_online_retail, read_otto, shipped_mapping
from streams.importers.refusal import FileProblem, Refusal

__all__ = [
    "PHANTOM",
    "BankLog",
    "ConsentLog",
    "EventLog",
    "FileProblem",
    "Mapping",
    "MappingFileError",
    "Refusal",
    "RefusedRow",
    "parse_mapping",
    "read_bank",
    "read_completejourney",
    "read_consents",
    "read_json_lines",
    "read_online_retail",
    "read_otto",
    "shipped_mapping",
]
