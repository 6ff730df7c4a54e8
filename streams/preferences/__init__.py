"""The page on which a customer sees and changes what may be sent, how and when."""

from streams.preferences.errors import BadKeys, BadLink, NoClickHouse, PageUnavailable, PreferencesError
from streams.preferences.keys import KeyRing, new_key, read_keys
from streams.preferences.link import PREFERENCES, UNSUBSCRIBE, Grant, Links

__all__ = [
    "PREFERENCES",
    "UNSUBSCRIBE",
    "BadKeys",
    "BadLink",
    "Grant",
    "KeyRing",
    "Links",
    "NoClickHouse",
    "PageUnavailable",
    "PreferencesError",
    "new_key",
    "read_keys",
]
