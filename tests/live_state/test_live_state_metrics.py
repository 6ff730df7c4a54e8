"""What the live-state API counts, and how Prometheus is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus

import pytest

from streams.live_state.http import Answer, HttpServer, Request
from streams.live_state.live_state_metrics import LIVE_STATE_METRICS, LiveStateMetrics
from streams.telemetry import Instruments
from tests.live_state.http_client import exchange

S = "momentous_worker_state_"


def told(metrics: LiveStateMetrics) -> dict[str, float]:
    """Each series by name and labels, as a scrape sees it."""
    instruments = Instruments(())
    instruments.include(metrics)
    lines = instruments.text().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name.startswith(S)}


def test_before_the_first_request_every_series_is_there_and_0() -> None:
    found = told(LiveStateMetrics())
    assert set(found.values()) == {0.0}
    classes = {f'{S}requests_total{{class="{name}"}}' for name in ("2xx", "4xx", "5xx")}
    assert classes | {f"{S}forwarded_total", f"{S}forward_failures_total", f"{S}request_seconds_count"} <= set(found)


def test_what_is_told_is_what_the_page_lists() -> None:
    families = {family.name: (family.type, family.documentation) for family in LiveStateMetrics().collect()}
    listed = {metric.name.removesuffix("_total"): (metric.kind, metric.meaning) for metric in LIVE_STATE_METRICS}
    assert families == listed


@pytest.mark.parametrize(
    ("status", "name"),
    [(200, "2xx"), (404, "4xx"), (429, "4xx"), (500, "5xx"), (HTTPStatus.SERVICE_UNAVAILABLE, "5xx")],
)
def test_a_request_counts_in_the_class_of_its_status(status: int, name: str) -> None:
    metrics = LiveStateMetrics()
    metrics.answered(status, 0.001)
    counted = {series: value for series, value in told(metrics).items() if "requests_total" in series and value}
    assert counted == {f'{S}requests_total{{class="{name}"}}': 1.0}


def test_a_duration_lies_in_every_bucket_that_is_not_below_it_and_on_an_edge_in_its_own() -> None:
    metrics = LiveStateMetrics()
    for seconds in (0.02, 0.0201, 9.0):
        metrics.answered(200, seconds)
    found = told(metrics)
    at = {edge: found[f'{S}request_seconds_bucket{{le="{edge}"}}'] for edge in ("0.015", "0.02", "0.03", "2.5", "+Inf")}
    assert at == {"0.015": 0, "0.02": 1, "0.03": 2, "2.5": 2, "+Inf": 3}
    assert found[f"{S}request_seconds_count"] == 3
    assert found[f"{S}request_seconds_sum"] == pytest.approx(9.0401)


async def test_the_server_tells_of_each_answer_once_whether_it_waited_or_could_not_read_the_request() -> None:
    async def later() -> Answer:
        await asyncio.sleep(0.02)
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"{}")

    def answer(request: Request) -> Answer | Awaitable[Answer]:
        if request.path == "/fails":
            raise ZeroDivisionError
        return later() if request.path == "/waits" else Answer(HTTPStatus.OK, b"{}")

    noted: list[tuple[int, float]] = []
    server = HttpServer("127.0.0.1", 0, answer, "state_port", lambda *one: noted.append(one))
    await server.start()
    try:
        paths = ("/now", "/waits", "/fails", "no-path")
        await exchange(server.port, b"".join(f"GET {path} HTTP/1.1\r\n\r\n".encode() for path in paths))
    finally:
        server.stop()
    assert [int(status) for status, _ in noted] == [200, 503, 500, 400]
    now, waited, *_ = (seconds for _, seconds in noted)
    assert 0 < now < waited
    assert waited >= 0.02
