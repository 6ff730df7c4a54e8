"""A process that asks for customers' live state on a schedule that waits for nobody.

``python -m benchmarks.asking PORT RATE SECONDS WARM_UP CUSTOMERS RESULT`` asks at RATE a second over
connections that stay open; the key comes in the environment. Request n was due at ``base + n / RATE``,
whatever came back meanwhile, and its latency counts from then. RESULT gets the latencies after the
warm-up in ms, the statuses counted, and by how much this process itself was late.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter, deque
from pathlib import Path

from benchmarks.report import percentile

KEY_VARIABLE = "BENCH_STATE_KEY"
CONNECTIONS = 100
_DRAIN_S = 10.0


class Asking:
    """All connections, and what waits for a free one."""

    def __init__(self, port: int, key: str, measured_from: float) -> None:
        self._port = port
        self._head = f" HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        self._measured_from = measured_from
        self._free: list[_Client] = []
        self._waiting: deque[tuple[float, str]] = deque()
        self.open = 0
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()

    async def connect(self) -> None:
        """Open every connection."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._port)

    def ask(self, due: float, customer: str) -> None:
        """Send now, or when a connection is free."""
        self.open += 1
        if self._free:
            self._free.pop().send(due, b"GET /customers/" + customer.encode() + self._head)
        else:
            self._waiting.append((due, customer))

    def answered(self, client: _Client, due: float, status: str, now: float) -> None:
        """One came back."""
        self.open -= 1
        if due >= self._measured_from:
            self.latencies.append((now - due) * 1000)
            self.statuses[status] += 1
        self._free.append(client)
        if self._waiting:
            due, customer = self._waiting.popleft()
            self._free.pop().send(due, b"GET /customers/" + customer.encode() + self._head)

    def connected(self, client: _Client) -> None:
        """One more may be used."""
        self._free.append(client)


class _Client(asyncio.Protocol):
    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._due = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._asking.connected(self)

    def send(self, due: float, request: bytes) -> None:
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self._received = b""
            status = head[9:12].decode()
            self._asking.answered(self, self._due, status, asyncio.get_running_loop().time())


async def run(port: int, rate: int, seconds: int, warm_up: int, customers: int) -> dict[str, object]:
    """Ask on schedule; what came of it."""
    loop = asyncio.get_running_loop()
    pick = random.Random(7)
    asked = [f"customer-{pick.randrange(customers):06d}" for _ in range(rate * (warm_up + seconds))]
    base = loop.time() + 0.5
    asking = Asking(port, os.environ[KEY_VARIABLE], base + warm_up)
    await asking.connect()
    late: list[float] = []
    for number, customer in enumerate(asked):
        due = base + number / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        late.append((loop.time() - due) * 1000)
        asking.ask(due, customer)
    ends = loop.time() + _DRAIN_S
    while asking.open and loop.time() < ends:  # noqa: ASYNC110 - a flag for it would be work per answer
        await asyncio.sleep(0.05)
    return {
        "latencies": asking.latencies,
        "statuses": dict(asking.statuses),
        "unanswered": asking.open,
        "late_p99": percentile(late, 0.99),
        "seconds": loop.time() - base,
    }


def main() -> None:
    """Ask, report."""
    port, rate, seconds, warm_up, customers = (int(argument) for argument in sys.argv[1:6])
    Path(sys.argv[6]).write_text(json.dumps(asyncio.run(run(port, rate, seconds, warm_up, customers))))


if __name__ == "__main__":
    main()
