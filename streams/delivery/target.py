"""What may be called: public addresses, and private ones only where deliver.yaml allows them.

An endpoint's URL comes from people who configure outreach systems, and its host's addresses from a
name server that is theirs. So the URL is read strictly, the host is resolved once, every address
that it gives is judged, and the connection goes to an address that was judged (no second lookup
which could answer otherwise). The judgement is made once more on the socket's own address, behind
everything that a client library might do in between.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from streams.delivery.errors import HostileTarget

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses in text."""

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")

_GLOBAL_V6 = ip_network("2000::/3")
_NEVER = tuple(
    ip_network(one)
    for one in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host: public by its number, answers from inside
        "2001::/23",  # IETF protocol assignments, Teredo among them: an IPv4 address inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be tried; its host's addresses are judged when it is connected to."""

    url: str
    scheme: str
    host: str
    port: int


def read_target(url: str, *, plain_http: bool = False, allowed: Sequence[Network] = ()) -> Target:
    """The target of a URL, read strictly: what two parsers could read differently is refused.

    Args:
        url: ``https://host[:port]/path``.
        plain_http: also take ``http://``.
        allowed: networks that an address may be in although it is not public.

    Raises:
        HostileTarget: anything else, or an address that may not be called.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise HostileTarget("has spaces, backslashes, control or non-ASCII characters; write the host as xn--…")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise HostileTarget("has no readable host and port") from None
    schemes = {"https": 443, "http": 80} if plain_http else {"https": 443}
    if parts.scheme not in schemes:
        raise HostileTarget(f"has the scheme '{parts.scheme}' where {' or '.join(schemes)} is wanted")
    if "@" in parts.netloc:
        raise HostileTarget("has a user name before its host")
    if parts.fragment or url.endswith("#"):
        raise HostileTarget("has a fragment")
    if port == 0:
        raise HostileTarget("has port 0")
    host = _checked_host(parts.netloc, parts.hostname or "", allowed)
    return Target(url, parts.scheme, host, port or schemes[parts.scheme])


def judge(address: str, allowed: Sequence[Network] = ()) -> None:
    """Raise where an address may not be called.

    Raises:
        HostileTarget: not public and in no allowed network, or no address.
    """
    try:
        found = ip_address(address)
    except ValueError:
        raise HostileTarget("does not resolve to an address") from None
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        raise HostileTarget(f"{found} has a zone")
    # An allowed IPv4 network allows its mapped form too, since both lead to the same socket.
    plain = found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
    if any(plain in network for network in allowed if network.version == plain.version):
        return
    if plain is not found or not _is_public(found):
        raise HostileTarget(f"{found} is no public address, and no allowed network has it")


async def checked_addresses(host: str, port: int, resolve: Resolve, allowed: Sequence[Network]) -> list[str]:
    """The addresses of a host, every one of them judged.

    One that may not be called refuses all: a name with public and internal addresses is an attack
    or a mistake, and in both cases nobody should be called by it.

    Raises:
        HostileTarget: an address may not be called, or there is none.
        OSError: the name does not resolve.
    """
    addresses = list(dict.fromkeys(await resolve(host, port)))
    if not addresses:
        raise HostileTarget("does not resolve to an address")
    for address in addresses:
        judge(address, allowed)
    return addresses


async def system_resolve(host: str, port: int) -> list[str]:
    """Addresses as the system's resolver tells them."""
    import asyncio

    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _checked_host(netloc: str, host: str, allowed: Sequence[Network]) -> str:
    if not host or "%" in netloc:
        raise HostileTarget("has no host, or a percent sign in it")
    if netloc.startswith("["):
        judge(host, allowed)
        return host
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise HostileTarget("has a host that is no name")
    if _NUMERIC.fullmatch(labels[-1]):
        # 127.1, 0x7f000001, 017700000001 and 2130706433 are all 127.0.0.1 to some resolver.
        try:
            IPv4Address(host)
        except ValueError:
            raise HostileTarget("has a number as its host that is no IPv4 address in four decimal parts") from None
        judge(host, allowed)
    elif (name in _LOCAL_NAMES or name.endswith(".localhost")) and not allowed:
        raise HostileTarget("is this machine")
    return host
