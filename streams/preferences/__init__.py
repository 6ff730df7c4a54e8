"""The page on which a customer sees and changes what may be sent, how and when."""

from streams.preferences.errors import BadKeys, BadLink, NoClickHouse, PageUnavailable, PreferencesError
from streams.preferences.keys import KeyRing, new_key, read_keys
from streams.preferences.known import Known, Word
from streams.preferences.link import PREFERENCES, PREFERENCES_DAYS, UNSUBSCRIBE, Grant, Links
from streams.preferences.offer import Offer, offer_of

__all__ = [
    "PREFERENCES",
    "PREFERENCES_DAYS",
    "UNSUBSCRIBE",
    "BadKeys",
    "BadLink",
    "Grant",
    "KeyRing",
    "Known",
    "Links",
    "NoClickHouse",
    "Offer",
    "PageUnavailable",
    "PreferencesError",
    "Word",
    "new_key",
    "offer_of",
    "read_keys",
]
