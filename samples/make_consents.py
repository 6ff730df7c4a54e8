"""Writes bank-consents.csv: invented consents for the bank's customers, the same ones every time.

The bank's call log says nothing about consent. Customers are ranked by a hash of their id; the
first 60 % have granted it, the next 10 % withdrawn it, 30 % have none. A second hash gives the day.

Usage: python samples/make_consents.py
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.importers import read_bank

FOLDER = Path(__file__).parent
CALLS = FOLDER / "bank-january-1999.tsv.gz"
CONSENTS = FOLDER / "bank-consents.csv"
FIRST_DAY = datetime(1998, 11, 1, tzinfo=UTC)
MINUTES = 58 * 24 * 60
REMARKS = (
    "# SYNTHETIC: these consents are invented. The call log has no consent data.",
    "# Made by samples/make_consents.py from hashes of the customer ids: 60 % granted, 10 % withdrawn, 30 % none,",
    "# all dated before the first call.",
)


def consents(customers: Iterable[str]) -> list[tuple[str, str, str]]:
    """Customer id, status and time (ISO 8601, November or December 1998), in customer order."""
    ranked = sorted(customers, key=lambda customer_id: _hash("rank", customer_id))
    granted, withdrawn = round(0.6 * len(ranked)), round(0.1 * len(ranked))
    status = ["granted"] * granted + ["withdrawn"] * withdrawn + ["none"] * (len(ranked) - granted - withdrawn)
    return sorted(
        (customer_id, word, "" if word == "none" else _time(customer_id))
        for customer_id, word in zip(ranked, status, strict=True)
    )


def _time(customer_id: str) -> str:
    at = FIRST_DAY + timedelta(minutes=_hash("time", customer_id) % MINUTES)
    return at.isoformat().replace("+00:00", "Z")


def _hash(of: str, customer_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{of} {customer_id}".encode()).digest()[:8], "big")


def main() -> None:
    """Write the file beside this one."""
    customers = {t["customer_id"] for t in read_bank(CALLS).touchpoints if t["identified"]}
    with CONSENTS.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{remark}\n" for remark in REMARKS)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["customer_id", "status", "purpose", "channel", "occurred_at"])
        writer.writerows((customer_id, status, "care", "sms", at) for customer_id, status, at in consents(customers))


if __name__ == "__main__":
    main()
