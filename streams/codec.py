"""The codec that a process uses, over the registry its settings name."""

from __future__ import annotations

from schemas import Codec, ConfluentRegistry
from streams.settings import Settings


def make_codec(settings: Settings) -> Codec:
    """The codec over ``schema_registry_url``.

    Raises:
        RegistryUnavailable: a registry over the network did not answer (on first use).
    """
    return Codec(make_registry(settings))


def make_registry(settings: Settings) -> ConfluentRegistry:
    """The registry at ``schema_registry_url``."""
    login = {"basic.auth.user.info": settings.schema_registry_user} if settings.schema_registry_user else {}
    return ConfluentRegistry(settings.schema_registry_url, login)
