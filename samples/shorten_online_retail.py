"""Makes online-retail.csv.gz of the published file: the same rows without two columns.

    python samples/shorten_online_retail.py PUBLISHED.csv.gz

What the products are called takes three quarters of the packed file, and nothing here reads it.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from pathlib import Path

KEPT = ("InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
TARGET = Path(__file__).parent / "online-retail.csv.gz"


def shorten(published: Path) -> bytes:
    """The kept columns of every row, packed; the same bytes every time."""
    packed = io.BytesIO()
    with (
        gzip.open(published, "rt", encoding="utf-8", newline="") as source,
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0, compresslevel=9) as file,
        io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(KEPT)
        writer.writerows([row[name] for name in KEPT] for row in csv.DictReader(source))
    return packed.getvalue()


if __name__ == "__main__":
    TARGET.write_bytes(shorten(Path(sys.argv[1])))
