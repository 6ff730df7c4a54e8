"""Errors of the customer core.

CustomerError
└── StateFormatError   a state record of another format
"""

from __future__ import annotations


class CustomerError(Exception):
    """Anything this package raises."""


class StateFormatError(CustomerError):
    """A changelog record that this version cannot read; ``remedy`` says what to do."""

    def __init__(self, found: int | None, known: int, detail: str = "") -> None:
        self.remedy = "run the version that wrote it or a newer one; the record was not touched"
        what = f"has format {found}, this version reads up to {known}"
        if found is None or found == known:
            what = "is empty" if found is None else f"of format {found} cannot be used"
        super().__init__(f"state record {what}{': ' + detail if detail else ''}; {self.remedy}")
