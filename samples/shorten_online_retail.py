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
    """The kept columns of every row, as CSV."""
    text = io.StringIO()
    with gzip.open(published, "rt", encoding="utf-8", newline="") as source:
        rows = csv.reader(source)
        header = next(rows)
        places = [header.index(name) for name in KEPT]
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(KEPT)
        writer.writerows([row[place] for place in places] for row in rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    TARGET.write_bytes(gzip.compress(shorten(Path(sys.argv[1])), compresslevel=9, mtime=0))
