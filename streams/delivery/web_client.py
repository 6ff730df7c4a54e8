"""HTTP out of the house: to judged addresses only, no redirects, no proxies, no cookies, bounded answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from streams.delivery.errors import HostileTarget
from streams.delivery.target import Network, Resolve, Target, checked_addresses, judge, system_resolve

MOST_ANSWER_BYTES = 65_536
_USER_AGENT = "momentous"


class WebAnswer(NamedTuple):
    """What came back: status, ``Retry-After`` if any, and the beginning of the body."""

    status: int
    retry_after: str | None
    body: bytes


class WebFailure(Exception):
    """No answer came; ``code`` is a fixed word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WebClient:
    """Posts to one endpoint. Make and use it inside a running event loop.

    Args:
        allowed: networks that may be called although private.
        timeout_ms: for one attempt from the lookup of the name to the end of the answer.
        resolve: host and port to addresses.
        guarded: False only to prove in a test that the guard is what stops a call.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        timeout_ms: int,
        resolve: Resolve = system_resolve,
        *,
        tls: ssl.SSLContext | None = None,
        guarded: bool = True,
    ) -> None:
        connector = aiohttp.TCPConnector(
            resolver=_JudgedResolver(resolve, allowed, guarded),
            # A kept answer of a name server would be judged once and used for long.
            use_dns_cache=False,
            ssl=tls or True,
            limit=0,
            socket_factory=_judged_socket(allowed) if guarded else None,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": _USER_AGENT},
            skip_auto_headers=["Accept-Encoding"],
        )

    async def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> WebAnswer:
        """Post once.

        Raises:
            WebFailure: no answer in time, no connection, or an address that may not be called.
        """
        url = URL(target.url, encoded=True)
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                read = await answer.content.read(MOST_ANSWER_BYTES)
                if not answer.content.at_eof():
                    answer.close()  # its rest is not waited for, nor the connection used again
                return WebAnswer(answer.status, answer.headers.get("Retry-After"), read)
        except HostileTarget:
            raise WebFailure("HOSTILE_TARGET") from None
        except TimeoutError:
            raise WebFailure("TIMEOUT") from None
        except aiohttp.ClientSSLError:
            raise WebFailure("TLS") from None
        except aiohttp.ClientConnectorDNSError:
            raise WebFailure("NO_SUCH_HOST") from None
        except aiohttp.ClientConnectorError:
            raise WebFailure("NO_CONNECTION") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise WebFailure("BROKEN_CONNECTION") from None

    async def close(self) -> None:
        """Let go of all connections."""
        await self._session.close()


class _JudgedResolver(AbstractResolver):
    """Looks a name up once and gives only addresses that were judged; Host and SNI stay the name's."""

    def __init__(self, resolve: Resolve, allowed: Sequence[Network], guarded: bool) -> None:
        self._resolve, self._allowed, self._guarded = resolve, allowed, guarded

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if self._guarded:
            found: Sequence[str] = await checked_addresses(host, port, self._resolve, self._allowed)
        else:
            found = await self._resolve(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in found
        ]

    async def close(self) -> None:
        await asyncio.sleep(0)


def _judged_socket(allowed: Sequence[Network]) -> Any:
    """Makes the socket of a connection, unless the very address it will be connected to may not be called."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        judge(str(info[4][0]), allowed)
        return socket.socket(family=info[0], type=info[1], proto=info[2])

    return make
