"""Deliveries a second by one `momentous deliver`: signed webhooks, each told back to Kafka and committed."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from statistics import median
from types import TracebackType
from typing import Self

from benchmarks.report import Table, percentile, progress
from benchmarks.stage import Stage
from streams.topics import TOUCHPOINTS
from tests.delivery.receiver import SECRET
from tests.delivery.triggers import publish, trigger
from tests.kafka.reader import read

CONCURRENCIES = (8, 32)
ANSWER_MS = 10.0
"""What a receiver on a network takes; with 0 the places hardly ever wait."""

TIMEOUT_S = 300.0
_SECRET_NAME = "BENCH_HOOK_SECRET"


def run(triggers: int = 5_000, runs: int = 3) -> Table:
    """Drain a topic full of triggers, one for each customer, to a receiver that answers 204.

    Args:
        triggers: in each run.
        runs: for each number of places and each receiver; the median is told.
    """
    os.environ[_SECRET_NAME] = SECRET
    table = Table("delivery", f"webhooks delivered a second by one process, median of {runs} over {triggers:,}")
    with Stage() as stage:
        for answer_ms in (0.0, ANSWER_MS):
            for places in CONCURRENCIES:
                found = [_drained(stage, triggers, places, answer_ms, number) for number in range(runs)]
                table.rows.append(
                    {
                        "receiver answers after ms": answer_ms,
                        "concurrency": places,
                        "deliveries/s": median(rate for rate, _ in found),
                        "slowest run": min(rate for rate, _ in found),
                        "peak MB": max(megabytes for _, megabytes in found),
                    }
                )
    table.notes = [
        "from the first request to the last; each delivery's outcome is acknowledged by Kafka and its offset "
        "committed before its place is free again",
        "Kafka, the deliverer and the receiver share the machine's cores",
    ]
    return table


def _drained(stage: Stage, triggers: int, places: int, answer_ms: float, number: int) -> tuple[float, float]:
    """Deliveries a second, and the process's peak memory in MB."""
    progress(f"delivery: {places} places, {answer_ms:g} ms, run {number + 1}")
    settings = stage.topics(f"delivery-{places}-{answer_ms:g}-{number}", deliver_web_port=0)
    publish(settings, *(trigger(one, f"c{one}") for one in range(triggers)))
    with _Receiver(answer_ms / 1000) as receiver:
        file = stage.folder / f"deliver-{places}-{answer_ms:g}-{number}.yaml"
        file.write_text(
            "allow_networks: [127.0.0.0/8]\nendpoints:\n"
            f"  - {{name: hook, kind: webhook, url: 'http://127.0.0.1:{receiver.port}/', plain_http: true,"
            f" secrets: [{_SECRET_NAME}], concurrency: {places}}}\n"
        )
        process = stage.momentous(settings, "deliver", "--file", str(file))
        until = time.monotonic() + TIMEOUT_S
        while len(receiver.times) < triggers:
            if not process.is_running or time.monotonic() > until:
                raise RuntimeError(f"{len(receiver.times)} of {triggers} were delivered:\n{process.log_end()}")
            time.sleep(0.05)
        megabytes = process.peak_rss_mb()
        process.stop()
        told = len(read(settings, TOUCHPOINTS))
        if told != triggers or len(receiver.times) != triggers:
            raise RuntimeError(f"{triggers} triggers made {len(receiver.times)} requests and {told} outcomes")
    times = list(receiver.times)
    return (triggers - 1) / (percentile(times, 1.0) - min(times)), megabytes


class _Receiver:
    """Answers every POST with 204 after a while; a server of a few lines, so as not to be what is measured."""

    def __init__(self, answer_s: float) -> None:
        self.times: list[float] = []
        self.port = 0
        self._answer_s = answer_s
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                self.times.append(time.monotonic())
                if self._answer_s:
                    await asyncio.sleep(self._answer_s)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        self._loop.run_forever()

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
