"""The event logs that others have published, read by the mappings that come with this package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from streams.importers.event_log import EventLog
from streams.importers.mapping import Mapping, parse_mapping
from streams.importers.refusal import FileProblem

COMPLETEJOURNEY_FILES = {
    "completejourney_mailings": "campaigns.csv",
    "completejourney_coupons": "coupon_redemptions.csv",
    "completejourney_baskets": "transactions_sample.csv",
}
"""The files of completejourney by mapping, in the order in which they count where times are equal."""
HOUSEHOLDS = {"completejourney_households": "demographics.csv"}


def shipped_mapping(name: str) -> Mapping:
    """A mapping that comes with the package, like ``otto``."""
    filename = f"{name}.yaml"
    return parse_mapping((files("streams.importers") / "mappings" / filename).read_text(encoding="utf-8"), filename)


def read_otto(path: Path) -> EventLog:
    """A web shop's visitors, as OTTO published them.

    Raises:
        FileProblem: no such file, or damaged.
        MappingFileError: it does not have the columns of this log.
    """
    log = EventLog()
    log.read(shipped_mapping("otto"), path)
    return log


def read_online_retail(path: Path) -> EventLog:
    """A gift wholesaler's invoices, one touchpoint each.

    Raises:
        FileProblem: no such file, or damaged.
        MappingFileError: it does not have the columns of this log.
    """
    log = EventLog()
    log.read(shipped_mapping("online_retail"), path)
    return log


def read_completejourney(folder: Path, profiles: bool = False) -> EventLog:
    """A grocer's households: what they were sent, redeemed and bought.

    Args:
        folder: with the files of the log, plain or gzip.
        profiles: also what is known of the households, as ``profile.set``; it has no dates of its own.

    Raises:
        FileProblem: a file is missing or damaged.
        MappingFileError: a file does not have the columns of this log.
    """
    log = EventLog()
    for name, filename in ({**HOUSEHOLDS, **COMPLETEJOURNEY_FILES} if profiles else COMPLETEJOURNEY_FILES).items():
        log.read(shipped_mapping(name), _there(folder, filename))
    return log


def _there(folder: Path, filename: str) -> Path:
    for found in (folder / filename, folder / f"{filename}.gz"):
        if found.is_file():
            return found
    raise FileProblem(f"{folder}: has no {filename}, nor {filename}.gz", "name the folder with the files of the log")
