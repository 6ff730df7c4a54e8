"""Errors of the preferences page.

MomentousError
└── PreferencesError
    ├── BadKeys          the signing keys cannot be used
    ├── NoClickHouse     what the customer chose so far cannot be read now
    └── PageUnavailable  the page cannot be served

ValueError
└── BadLink              a link that is not ours, or no longer: of no use, whatever the reason
"""

from __future__ import annotations

from streams.errors import MomentousError


class PreferencesError(MomentousError):
    """Anything this package raises to an operator."""


class BadKeys(PreferencesError):
    """``preferences_keys`` is missing or not as it must be."""


class NoClickHouse(PreferencesError):
    """The present state cannot be read."""


class PageUnavailable(PreferencesError):
    """The service cannot start."""


class BadLink(ValueError):
    """A token that was not made here, was changed, or has run out.

    Attributes:
        expired: it was ours once; the customer may ask for a new one.
    """

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired
