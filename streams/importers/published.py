"""The event logs that others have published, read by the mappings that come with this package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path

from streams.importers.event_log import EventLog
from streams.importers.mapping import Mapping, MappingFileError, parse_mapping
from streams.importers.refusal import FileProblem

BeforeFirst = Callable[[], None] | None

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


def read_otto(path: Path, before_first: BeforeFirst = None) -> EventLog:
    """A web shop's visitors, as OTTO published them.

    Args:
        path: the file, plain or gzip.
        before_first: as an ``EventLog`` takes it.

    Raises:
        FileProblem: no such file, damaged, or without the columns of this log.
    """
    return _read([("otto", path)], before_first)


def read_online_retail(path: Path, before_first: BeforeFirst = None) -> EventLog:
    """A gift wholesaler's invoices, one touchpoint each.

    Args:
        path: the file, plain or gzip.
        before_first: as an ``EventLog`` takes it.

    Raises:
        FileProblem: no such file, damaged, or without the columns of this log.
    """
    return _read([("online_retail", path)], before_first)


def read_completejourney(folder: Path, profiles: bool = False, before_first: BeforeFirst = None) -> EventLog:
    """A grocer's households: what they were sent, redeemed and bought.

    Args:
        folder: with the files of the log, plain or gzip.
        profiles: also what is known of the households, as ``profile.set``; it has no dates of its own.
        before_first: as an ``EventLog`` takes it.

    Raises:
        FileProblem: a file is missing, damaged, or without the columns of this log.
    """
    wanted = {**HOUSEHOLDS, **COMPLETEJOURNEY_FILES} if profiles else COMPLETEJOURNEY_FILES
    return _read([(name, _there(folder, filename)) for name, filename in wanted.items()], before_first)


def _read(paths: Iterable[tuple[str, Path]], before_first: BeforeFirst) -> EventLog:
    log = EventLog(before_first=before_first)
    for name, path in paths:
        try:
            log.read(shipped_mapping(name), path)
        except MappingFileError as error:
            log.close()
            missing = error.mistakes[0].what
            raise FileProblem(f"{path}: not a file of {name} ({missing})", "name the published file") from error
    return log


def _there(folder: Path, filename: str) -> Path:
    for found in (folder / filename, folder / f"{filename}.gz"):
        if found.is_file():
            return found
    raise FileProblem(f"{folder}: has no {filename}, nor {filename}.gz", "name the folder with the files of the log")
