"""Readers of files: each turns rows into touchpoints, and says which rows it refused and why."""

from streams.importers.bank import PHANTOM, BankLog, read_bank
from streams.importers.consents import ConsentLog, read_consents
from streams.importers.json_lines import read_json_lines
from streams.importers.refusal import FileProblem, Refusal

__all__ = [
    "PHANTOM",
    "BankLog",
    "ConsentLog",
    "FileProblem",
    "Refusal",
    "read_bank",
    "read_consents",
    "read_json_lines",
]
