"""From an endpoint's description to what carries to it, with its secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.delivery.carrier import Carrier
from streams.delivery.endpoint import Endpoint, Mailing
from streams.delivery.errors import MissingSecret
from streams.delivery.gateway import GatewayCarrier
from streams.delivery.signature import Secret
from streams.delivery.smtp import SmtpCarrier, UnsubscribeUrl
from streams.delivery.target import Network, Resolve, system_resolve
from streams.delivery.texts import Addresses, Texts
from streams.delivery.web_client import WebClient
from streams.delivery.webhook import WebhookCarrier
from streams.preferences import Links, read_keys
from streams.settings import Settings


def carrier_for(
    endpoint: Endpoint,
    allowed: Sequence[Network],
    environment: Mapping[str, str],
    settings: Settings,
    resolve: Resolve = system_resolve,
) -> Carrier:
    """The carrier of an endpoint. Call it inside a running event loop.

    Raises:
        MissingSecret: an environment variable is not set or holds no secret, or a lookup is not there.
    """
    if endpoint.kind == "smtp":
        return _smtp(endpoint, allowed, environment, settings, resolve)
    assert endpoint.target is not None
    client = WebClient(allowed, endpoint.timeout_ms, resolve)
    if endpoint.kind == "webhook":
        secrets = [_secret(endpoint, name, environment) for name in endpoint.secrets]
        return WebhookCarrier(endpoint.target, secrets, client)
    headers = {key: _value(endpoint, name, environment) for key, name in (endpoint.headers or {}).items()}
    texts, addresses = _wording(endpoint)
    return GatewayCarrier(endpoint.target, headers, endpoint.body or {}, texts, addresses, client)


def check_secrets(endpoints: Sequence[Endpoint], environment: Mapping[str, str], settings: Settings) -> None:
    """Find out before anything runs whether every secret and lookup is there.

    Raises:
        MissingSecret: one is not.
    """
    for endpoint in endpoints:
        for name in endpoint.secrets:
            _secret(endpoint, name, environment)
        for name in (endpoint.headers or {}).values():
            _value(endpoint, name, environment)
        if endpoint.wording is not None:
            _wording(endpoint)
        if (mailing := endpoint.mailing) is not None:
            _login(endpoint, mailing, environment)
            _unsubscribe(endpoint, mailing, settings)


def _smtp(
    endpoint: Endpoint, allowed: Sequence[Network], environment: Mapping[str, str], settings: Settings, resolve: Resolve
) -> SmtpCarrier:
    mailing = endpoint.mailing
    assert mailing is not None
    login = _login(endpoint, mailing, environment)
    unsubscribe = _unsubscribe(endpoint, mailing, settings)
    texts, addresses = _wording(endpoint)
    return SmtpCarrier(mailing, login, unsubscribe, texts, addresses, endpoint.timeout_ms, allowed, resolve)


def _unsubscribe(endpoint: Endpoint, mailing: Mailing, settings: Settings) -> UnsubscribeUrl | None:
    """Links of the preferences page, which take one consent back with one POST."""
    if not mailing.unsubscribe:
        return None
    if not settings.preferences_keys or not settings.preferences_url.startswith("https://"):
        raise MissingSecret(
            f"endpoint {endpoint.name} puts unsubscribe links into mails, and there is no page for them",
            "set MOMENTOUS_PREFERENCES_KEYS and an https MOMENTOUS_PREFERENCES_URL, or write 'unsubscribe: false'"
            " where the mail server adds them",
        )
    links = Links(read_keys(settings.preferences_keys), settings.preferences_url.rstrip("/"))

    def url(trigger: Mapping[str, Any]) -> str:
        # Of the trigger's own time, so that every attempt sends the same mail.
        return links.unsubscribe(
            trigger["customer_id"], trigger["purpose"], trigger["channel"], trigger["created_at"], trigger["trigger_id"]
        )

    return url


def _wording(endpoint: Endpoint) -> tuple[Texts, Addresses]:
    assert endpoint.wording is not None
    try:
        return Texts(endpoint.wording.templates), Addresses(endpoint.wording)
    except ValueError as error:
        raise MissingSecret(
            f"endpoint {endpoint.name}: {error}", "put the module on PYTHONPATH and name a function in it"
        ) from error


def _login(endpoint: Endpoint, mailing: Mailing, environment: Mapping[str, str]) -> tuple[str, str]:
    if not mailing.user:
        return "", ""
    return _value(endpoint, mailing.user, environment), _value(endpoint, mailing.password, environment)


def _secret(endpoint: Endpoint, name: str, environment: Mapping[str, str]) -> Secret:
    try:
        return Secret(_value(endpoint, name, environment))
    except ValueError as error:
        raise MissingSecret(
            f"endpoint {endpoint.name}: the secret in {name} {error}", "make one with `momentous deliver secret`"
        ) from None


def _value(endpoint: Endpoint, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value or not value.isprintable():
        raise MissingSecret(
            f"endpoint {endpoint.name} takes a secret from {name}, which is not set",
            f"set the environment variable {name} where `momentous deliver` runs",
        )
    return value
