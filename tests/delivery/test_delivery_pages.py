"""A deliverer's pages, over real HTTP: what they say of its endpoints and of itself.

Sabotage: ``delivery_health`` that does not look at ``turned_at``, or ``_trouble`` that sees no circuit.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3

from streams.delivery import DELIVERY_METRICS, Deliverer, DeliveryPages, parse_deliver_file
from streams.delivery.answer import Answer, Verdict
from streams.delivery.message import Delivery
from streams.settings import Settings
from tests.delivery.receiver import SECRET
from tests.delivery.triggers import delivery
from tests.sinks.service import free_port

FILE = """
endpoints:
  - {name: texts, kind: webhook, url: "https://texts.example.com/h", secrets: [HOOK_SECRET], circuit: {failures: 1}}
  - {name: calls, kind: webhook, url: "https://calls.example.com/h", secrets: [HOOK_SECRET], actions: [call.back]}
"""


class Pages:
    """A deliverer that joins no group, and its pages."""

    def __init__(self) -> None:
        settings = msgspec.structs.replace(
            Settings(), kafka_bootstrap="127.0.0.1:1", web_bind="127.0.0.1", deliver_web_port=free_port()
        )
        file = parse_deliver_file(FILE, "deliver.yaml", Path())
        self.deliverer = Deliverer(settings, file, {"HOOK_SECRET": SECRET})
        self._served = DeliveryPages(settings, self.deliverer)
        self._address = f"http://127.0.0.1:{settings.deliver_web_port}"
        self._served.start()

    def get(self, path: str) -> tuple[int, Any]:
        """Status, and what it says."""
        answer = urllib3.request("GET", self._address + path, timeout=5)
        text = answer.data.decode()
        return answer.status, text if path == "/metrics" else json.loads(text)

    def stop(self) -> None:
        """No page more."""
        self._served.stop()


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    made = Pages()
    yield made
    made.stop()
    await made.deliverer._close()


async def test_one_that_turns_is_well_but_not_ready_before_it_has_partitions(pages: Pages) -> None:
    status, health = pages.get("/health")
    assert (status, health["ok"], health["ready"]) == (200, True, False)
    assert health["endpoints"]["texts"] == {"circuit": "closed", "waiting": 0, "disabled": ""}
    assert pages.get("/health/live")[0] == 200
    assert pages.get("/health/ready")[0] == 503
    assert health["reasons"] == ["the group has not dealt partitions yet"]
    pages.deliverer.intake.was_dealt = True
    assert pages.get("/health/ready")[0] == 200


async def test_an_endpoint_that_is_off_is_named_with_the_reason(pages: Pages) -> None:
    pages.deliverer.outlets["texts"].disable("it answered HTTP_410")
    status, health = pages.get("/health")
    assert (status, health["live"]) == (503, True)
    assert health["reasons"][0] == "endpoint texts is off: it answered HTTP_410"
    assert pages.get("/health/live")[0] == 200
    assert 'momentous_deliver_disabled{endpoint="texts"} 1.0' in pages.get("/metrics")[1]


async def test_an_endpoint_that_fails_is_named_and_its_deliveries_are_counted(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = pages.deliverer.outlets["texts"]

    async def fails(_delivery: Delivery, _now_ms: int) -> Answer:
        return Answer(Verdict.FAILED, "HTTP_503")

    monkeypatch.setattr(outlet._carrier, "send", fails)
    outlet.put(delivery(1))
    while outlet.circuit == "closed":  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    status, health = pages.get("/health")
    assert (status, health["reasons"][0]) == (503, "endpoint texts fails and is left alone for a while")
    assert health["endpoints"]["texts"]["waiting"] == 1
    metrics = pages.get("/metrics")[1]
    assert 'momentous_deliver_circuit_open{endpoint="texts"} 1.0' in metrics
    assert 'momentous_deliver_attempts_total{code="HTTP_503",endpoint="texts"} 1.0' in metrics
    assert 'momentous_deliver_waiting_records{endpoint="texts"} 1.0' in metrics
    assert 'momentous_deliver_waiting_records{endpoint="calls"} 0.0' in metrics


async def test_one_that_stands_still_is_not_live(pages: Pages) -> None:
    pages.deliverer.turned_at = time.monotonic() - 3600
    status, health = pages.get("/health/live")
    assert (status, health["reasons"][0]) == (503, "the deliverer has been in one step for 3600 s")


async def test_every_metric_that_is_documented_is_exposed(pages: Pages) -> None:
    status, metrics = pages.get("/metrics")
    assert status == 200
    assert [metric.name for metric in DELIVERY_METRICS if f"# TYPE {metric.name} " not in metrics] == []
